"""Build the index of a table from its records, in memory for a small table, via the disk for any other.

It takes three passes. The first reads the ids of all records, because the person of an event depends on all of them.
The second converts the records to events and spills them to disk by partition, a range of people. The third sorts each
partition and writes it to its place in the run.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from os import sched_getaffinity
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.index import records, run_files
from interactions.analytics.index.columns import COLUMNS, PEOPLE, TIMES, coded, events_of, pairs_of
from interactions.analytics.index.dictionaries import Dictionaries
from interactions.analytics.index.people import Persons
from interactions.analytics.index.plan import BuildBatch, Paired, Plan, people_of
from interactions.analytics.index.records import RowGroups
from interactions.analytics.index.rows import Ranked, joined, nobodys, run_of, taken
from interactions.analytics.index.run import NONE, Index, Run
from interactions.analytics.index.spill import Sizes, Spill
from interactions.contract.tombstones import Tombstones, leave_out
from interactions.warehouse.lake import Part

_PIECE: Final = 50_000  # records


def build_table(
    table: pa.Table,
    hidden: Tombstones,
    environment: str,
    version: int,
    links: np.ndarray | None = None,
    custom_keys: Sequence[str] = (),
) -> Index:
    """Build the index of the records in ``table`` (TABLE_SCHEMA) in memory, without those of ``hidden`` people.

    ``links`` are in the form of ``warehouse.links.pairs``. ``custom_keys`` are the keys of custom_context to index.
    """
    table, _ = leave_out(table, hidden)
    dictionaries = Dictionaries(custom_keys=custom_keys)
    events = events_of(table, dictionaries)
    dictionaries.pair_codes.count(events.pair)
    if links is not None:
        dictionaries.pair_codes.count(dictionaries.pair_codes.links(links))
    people = people_of(dictionaries.pairs)
    rank = people.rank[events.pair]
    named = np.flatnonzero(rank >= 0)
    runs = (
        run_of([Ranked(events, named, rank[named])], people.persons),
        nobodys(taken(events, np.flatnonzero(rank < 0))),
    )
    return _index([run for run in runs if len(run)], dictionaries, environment, version)


def build(
    environment: str,
    version: int,
    parts: Sequence[Part],
    hidden: Tombstones,
    folder: Path,
    links: np.ndarray | None = None,
    custom_keys: Sequence[str] = (),
) -> Index:
    """Build the index of ``version`` of the table from its ``parts``, without the records of ``hidden`` people.

    ``links`` are in the form of ``warehouse.links.pairs``. The runs are mapped from files in ``folder``. Raises
    FileNotFoundError if a part no longer exists, because the table has a newer version.
    """
    build = _Build(hidden, folder, custom_keys)
    if links is not None:
        build.dictionaries.pair_codes.count(build.dictionaries.pair_codes.links(links))
    return _index(build.runs(list(records.pieces(parts, _PIECE))), build.dictionaries, environment, version)


def _index(runs: Sequence[Run], dictionaries: Dictionaries, environment: str, version: int) -> Index:
    span = (min(int(run.at.min()) for run in runs), max(int(run.at.max()) for run in runs)) if runs else (0, -1)
    return Index(
        environment,
        version,
        tuple(runs),
        dictionaries.pairs,
        dictionaries.texts,
        *span,
        custom_keys=dictionaries.custom_keys,
    )


class _Build:
    def __init__(self, hidden: Tombstones, folder: Path, custom_keys: Sequence[str]) -> None:
        self.dictionaries = Dictionaries(custom_keys=custom_keys)
        self._columns = [name for name in COLUMNS if name not in PEOPLE]
        self._hidden, self._folder = hidden, folder

    def runs(self, pieces: Sequence[RowGroups]) -> list[Run]:
        with ThreadPoolExecutor(len(sched_getaffinity(0))) as threads, Spill(self._folder) as spill:
            paired = list(threads.map(lambda piece: self._pair(piece, spill), pieces))
            plan = Plan.of(self.dictionaries.pairs, paired)
            list(threads.map(lambda batch: self._put_aside(batch, plan, spill), plan.batches))
            of_nobody = range(plan.of_people, plan.partitions)
            found = [
                self._people(plan, spill, threads),
                *threads.map(lambda each: self._nobody(each, spill), of_nobody),
            ]
        return [run for run in found if run is not None]

    def _pair(self, piece: RowGroups, spill: Spill) -> Paired:
        """Encode the pairs of a piece; records of hidden people get NONE."""
        table = records.read(piece, [*PEOPLE, *(TIMES if self._hidden else ())])
        codes, seen = np.full(piece.rows, NONE, np.int32), np.ones(piece.rows, bool)
        if self._hidden:
            seen = ~self._hidden.mask(table)
            table = table.filter(pa.array(seen))
        codes[seen] = pairs_of(table, self.dictionaries)
        self.dictionaries.pair_codes.count(codes[seen])
        nobodys = pc.and_(pc.is_null(table["user_key"]), pc.is_null(table["anonymous_key"]))
        return Paired(piece, spill.keep(codes), pc.sum(nobodys).as_py() or 0)

    def _put_aside(self, batch: BuildBatch, plan: Plan, spill: Spill) -> None:
        """Convert a batch to events and spill them."""
        found = []
        for piece, place, _ in batch.pieces:
            codes, table = spill.kept(place, np.empty(piece.rows, np.int32)), self._read(piece)
            if self._hidden:
                table, codes = table.filter(pa.array(codes != NONE)), codes[codes != NONE]
            found.append(coded(table, codes, plan.placeholder[codes], self.dictionaries))
        events = joined(found)
        partition = plan.partition[events.pair]
        partition[partition < 0] = batch.nobody
        order = np.argsort(partition, kind="stable")
        spill.add(batch.number, taken(events, order), partition[order], plan.partitions)

    def _read(self, piece: RowGroups) -> pa.Table:
        return records.read_events(piece, self._columns, has_custom_keys=bool(self.dictionaries.custom_keys))

    def _people(self, plan: Plan, spill: Spill, threads: ThreadPoolExecutor) -> Run | None:
        sizes = np.array([spill.sizes(number) for number in range(plan.of_people)], np.int64).reshape(
            -1, len(Sizes._fields)
        )
        ends = np.cumsum(sizes, axis=0)
        if not len(sizes):
            return None
        name, (keys, alone) = secrets.token_hex(8), plan.people.persons

        def write(number: int) -> None:
            these = slice(*plan.cuts[number : number + 2])
            events = spill.read(number)
            rank = plan.people.rank[events.pair] - these.start
            ordered = run_of([Ranked(events, np.arange(len(rank)), rank)], Persons(keys[these], alone[these]))
            draft.write(ordered, Sizes(*(ends[number] - sizes[number]).tolist()))

        with run_files.Draft(self._folder, name, Sizes(*ends[-1].tolist())) as draft:
            list(threads.map(write, range(plan.of_people)))
        run_files.write_people(self._folder, name, keys, alone, plan.people.starts)
        return run_files.read(self._folder, name, nobody=False)

    def _nobody(self, number: int, spill: Spill) -> Run | None:
        if not spill.sizes(number).events:
            return None
        name = secrets.token_hex(8)
        run_files.write(self._folder, name, nobodys(spill.read(number)))
        return run_files.read(self._folder, name, nobody=True)
