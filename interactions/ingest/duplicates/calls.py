"""Find live records that are in the data set already, sent again by a client that didn't get the response.

Each call counts like a file (see ``rule``); earlier copies are in the table or in an earlier call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions import identity
from interactions.ingest.duplicates import prints
from interactions.ingest.duplicates.groups import EqualRows, changes
from interactions.ingest.duplicates.index import OpenFingerprints
from interactions.ingest.duplicates.rule import are_there, bring_links, with_links
from interactions.warehouse.overlaps import COLUMNS


@dataclass(frozen=True, slots=True)
class SiftedCalls:
    """The new rows, the number of duplicates, and the duplicates to remember (``warehouse.overlaps``): those an import
    added, which may be undone, and those that bring a link.
    """

    new: pa.Table
    known: int
    left_out: pa.Table


def sift(table: pa.Table, call: np.ndarray, there: OpenFingerprints) -> SiftedCalls:
    """Split ``table`` into new rows and duplicates, using the index ``there``.

    ``call`` has the number of each row's call, in ascending order.
    """
    words = prints.words_of(table["fingerprint"].combine_chunks())
    entries = prints.entries_of(words, prints.ids_of(table), 0, identity.keyring())
    entries = entries.compress(_may_be_known(table, words))
    known, to_note = np.zeros(table.num_rows, bool), np.zeros(table.num_rows, bool)
    rows, origins = np.empty(0, np.int64), entries["ids"][:0]
    if len(entries):
        known, to_note, rows, origins = _look(entries, call, there, table.num_rows)
    if not known.any():
        return SiftedCalls(table, 0, with_links(table.select(COLUMNS).slice(0, 0), rows, origins))
    noted = with_links(table.select(COLUMNS), rows, origins).filter(pa.array(to_note))
    return SiftedCalls(table.filter(pa.array(~known)), int(np.count_nonzero(known)), noted)


def _may_be_known(table: pa.Table, words: np.ndarray) -> np.ndarray:
    """Whether each row can have a duplicate: it has its own timestamp or a uuid."""
    untimed = pc.equal(table["timestamp"], table["received_at"]).to_numpy()
    may: np.ndarray = ~untimed | prints.are_by_uuid(words[:, 0])
    return may


def _look(
    entries: np.ndarray, call: np.ndarray, there: OpenFingerprints, rows: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """For each of ``rows`` rows, whether it's a duplicate and whether to remember it; then the rows that bring a link,
    and the ids they are linked with.
    """
    first, second = (np.ascontiguousarray(entries[name]) for name in ("first", "second"))
    groups = EqualRows([first, second])
    heads = np.flatnonzero(groups.start == np.arange(len(groups.start)))
    of_head, group = groups.rows[heads], np.repeat(np.arange(len(heads)), np.diff(heads, append=len(first)))
    found = there.find(first[of_head], second[of_head])
    ordered = entries.take(groups.rows)
    by_uuid = prints.have_uuids(second)[groups.rows]
    before, nth = _in_calls(group, call[ordered["row"]])
    nth = np.where(by_uuid, groups.nth(), nth)
    is_known = are_there(by_uuid, np.maximum(found.copies[group], before), nth)
    origins = np.where(found.copies > 0, found.ids, entries["ids"][of_head])[group]
    linked = is_known & by_uuid & bring_links(ordered["ids"], origins)
    known, to_note = np.zeros(rows, bool), np.zeros(rows, bool)
    known[ordered["row"][is_known]] = True
    to_note[ordered["row"][linked | (is_known & found.brought[group])]] = True
    return known, to_note, ordered["row"][linked], origins[linked]


def _in_calls(group: np.ndarray, call: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For records ordered by group and call: the most copies in any earlier call, and the number of copies before each
    in its own call.
    """
    heads = np.flatnonzero(changes(group) | changes(call))
    sizes = np.diff(heads, append=len(group))
    before = np.zeros(len(heads), np.int64)
    for at in np.flatnonzero(~changes(group[heads])):  # few records are in several calls
        before[at] = max(before[at - 1], sizes[at - 1])
    return np.repeat(before, sizes), np.arange(len(group)) - np.repeat(heads, sizes)
