"""Update an index to a later version of its table, reading only what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import starmap
from typing import Final

import numpy as np
import pyarrow as pa

from dojo.cores import cores
from interactions.analytics.index.changes import EVERYTHING, Change, Covered, change, covered
from interactions.analytics.index.columns import COLUMNS, events_of
from interactions.analytics.index.delta import NOTHING, Places, exchange, take_out
from interactions.analytics.index.dictionaries import Dictionaries
from interactions.analytics.index.difference import Difference, TooMuch, difference, rows_of
from interactions.analytics.index.people import distinct
from interactions.analytics.index.records import EXTRA, RowGroups, pieces, read_events
from interactions.analytics.index.rows import joined
from interactions.analytics.index.run import Events, Index
from interactions.analytics.index.selection import hide, of_import
from interactions.contract.tombstones import Moments, Tombstones, leave_out
from interactions.warehouse.lake import Part

_ROWS: Final = 100_000  # read at once
_FEW: Final = 2_000_000  # so many new rows are always appended, however small the index is
_SHARE: Final = 2  # more than 1 / _SHARE of the index's rows aren't appended, because a new build is cheaper


@dataclass(frozen=True)
class TableSnapshot:
    """A table at one moment: its version, its parts, and the people whose rows are hidden.

    ``links`` are in the form of ``warehouse.links.pairs``, without those of hidden people.
    """

    version: int
    parts: tuple[Part, ...]
    hidden: Tombstones
    links: np.ndarray = field(default_factory=lambda: np.empty((0, 2), np.int64))

    @cached_property
    def by_name(self) -> Mapping[str, Part]:
        return {part.name: part for part in self.parts}


def refreshed(
    index: Index, known: Mapping[str, Covered], was_hidden: Tombstones | None, table: TableSnapshot, codes: Dictionaries
) -> tuple[Index, dict[str, Covered]]:
    """Bring the index up to date with ``table``. Returns it with its parts; the same index if nothing has changed.

    ``known`` are the parts that it was built from, and ``was_hidden`` the people left out of it, None if unknown.
    ``codes`` are the index's dictionaries. Raises TooMuch if a new build is cheaper, and FileNotFoundError if a part no
    longer exists.
    """
    now = covered(table.parts, known)
    what = change(known, now)
    if was_hidden is None or not _is_within(was_hidden, table.hidden):  # somebody is visible again
        what = Change(window=EVERYTHING)
    _require_few(index, sum(now[name].rows for name in what.new))
    index = hide(index, table.hidden)
    found = _difference(index, what, now, table)
    gone = _together([found.gone, *(of_import(index, each) for each in sorted(what.undone))])
    lacking = [rows_of(each, (*COLUMNS, EXTRA)) for each in found.lacking]
    _require_few(index, sum(now[name].rows for name in what.new if lacking) + sum(map(len, lacking)))
    events = [*_new(what, table, codes), *(_events(rows, table.hidden, codes) for rows in lacking)]
    links = codes.pair_codes.links(table.links)
    is_linked_alike = np.array_equal(np.sort(links), index.pairs.links[index.pairs.records[index.pairs.links] > 0])
    if not events and is_linked_alike:
        index = take_out(index, gone) if any(map(len, gone)) else index
        return replace(index, version=table.version), now
    added = joined(events) if events else None
    return exchange(index, gone, added, codes.pairs, codes.texts, table.version, links), now


def _is_within(before: Tombstones, now: Tombstones) -> bool:
    """Whether all who were hidden still are, for at least the same time."""
    return all(starmap(_are_within, ((before.users, now.users), (before.anonymous, now.anonymous))))


def _are_within(before: Moments, now: Moments) -> bool:
    return all(now.by_key.get(key, until - 1) >= until for key, until in before.by_key.items())


def _require_few(index: Index, rows: int) -> None:
    if rows > max(_FEW, len(index) // _SHARE):
        raise TooMuch


def _difference(index: Index, what: Change, now: Mapping[str, Covered], table: TableSnapshot) -> Difference:
    if what.window is None:
        return Difference([NOTHING] * len(index.runs))
    paths = {table.by_name[name]: part for name, part in now.items()}
    return difference(index, paths, what.window, table.hidden)


def _together(several: Iterable[Places]) -> Places:
    return [distinct(np.concatenate(of_run)) for of_run in zip(*several, strict=True)]


def _new(what: Change, table: TableSnapshot, codes: Dictionaries) -> list[Events]:
    """The rows of new parts as events, piece by piece."""
    parts = [table.by_name[name] for name in what.new]

    def events(piece: RowGroups) -> Events:
        rows = read_events(piece, COLUMNS, has_custom_keys=bool(codes.custom_keys))
        return _events(rows, table.hidden, codes)

    with ThreadPoolExecutor(cores()) as threads:
        return list(threads.map(events, pieces(parts, _ROWS)))


def _events(rows: pa.Table, hidden: Tombstones, codes: Dictionaries) -> Events:
    """The rows as events, without those of hidden people."""
    return events_of(leave_out(rows, hidden)[0], codes)
