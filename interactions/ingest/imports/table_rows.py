"""Replace rejected records of a mapped table by the original rows, which have the table's columns.

The row number of each record is written while the table is read; rows are looked up only for rejected records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

import numpy as np

from interactions.connectors import table
from interactions.connectors.table import TableChunk
from interactions.ingest.imports import storage, tables
from interactions.ingest.imports.rejects import Line, whom_of
from interactions.models import Block, Import, Problem

_SAME_ORDER: Final = "data.{index} is invalid. It belongs to the same order as row {row}."


class RowNumbers:
    """Writes the row number of each record of a table's text, from 0; for an order, -1 minus its first row's number."""

    def __init__(self, path: Path) -> None:
        self._path, self._draft = path, path.with_name(f"{path.name}.draft")
        self._file: BinaryIO | None = None

    def add(self, chunk: TableChunk) -> None:
        if self._file is None:
            self._file = self._draft.open("wb")
        numbers = np.asarray(chunk.rows, np.int64)
        self._file.write((-1 - numbers if chunk.is_gathered else numbers).tobytes())

    def __enter__(self) -> RowNumbers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._draft.replace(self._path)


def as_rows(imp: Import, lines: Iterable[Line], first: int | None) -> Iterator[Line]:
    """A block's rejected lines with rows in place of records; an order becomes a line for each of its rows.

    ``first`` is the number of the block's first record in the text, from 0. None: they are rows that couldn't be read.
    """
    mapping = tables.mapping_of(imp.mapping)
    found = tables.opened(imp, mapping.reading)
    if first is None:
        yield from ({**line, "row": found.row_of(line["index"])} for line in lines)
        return
    with storage.local([storage.rows_path(imp)]) as (path,):
        yield from _rows_of(np.memmap(path, np.int64, "r"), found, mapping, lines, first)


def _rows_of(
    numbers: np.ndarray, found: table.Table, mapping: table.Mapping, lines: Iterable[Line], first: int
) -> Iterator[Line]:
    lines = iter(lines)
    while some := list(islice(lines, table.MOST_AT_ONCE)):
        places = [int(numbers[first + line["index"]]) for line in some]
        rows = table.rows_of(found, [place for place in places if place >= 0])
        orders = table.rows_of_orders(found, mapping, [-1 - place for place in places if place < 0])
        for line, place in zip(some, places, strict=True):
            own = [(place, rows[place])] if place >= 0 else orders[-1 - place]
            yield from _of_rows(line, [(found.row_of(number), text) for number, text in own])


def note_rows(imp: Import, blocks: Sequence[Block]) -> None:
    """Say in the problems of a table's import which row of the file their first example is."""
    if not Problem.objects.filter(block__of=imp).exists():
        return
    found = tables.opened(imp, tables.mapping_of(imp.mapping).reading)
    place = storage.rows_path(imp)
    if not place.exists():
        _note_rows(found, np.zeros(0, np.int64), blocks)
        return
    with storage.local([place]) as (path,):
        numbers = np.memmap(path, np.int64, "r") if path.stat().st_size else np.zeros(0, np.int64)
        _note_rows(found, numbers, blocks)


def _note_rows(found: table.Table, numbers: np.ndarray, blocks: Sequence[Block]) -> None:
    first = 0
    noted = []
    for block in blocks:
        for problem in block.problems.all():
            number = int(numbers[first + problem.index]) if block.end else problem.index
            problem.row = found.row_of(max(number, -1 - number))
            noted.append(problem)
        first += block.records if block.end else 0
    Problem.objects.bulk_update(noted, ["row"], batch_size=500)


def _of_rows(line: Line, rows: list[tuple[int, bytes]]) -> Iterator[Line]:
    whom = whom_of(line["text"].encode(errors="surrogateescape"))
    for number, text in rows:
        is_first = number == rows[0][0]
        problems = line["problems"] if is_first else [_SAME_ORDER.format(index=line["index"], row=rows[0][0])]
        yield {**line, "text": text.decode(), "whom": whom, "row": number, "problems": problems}
