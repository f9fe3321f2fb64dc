"""Tell titles, names of columns and data apart in the first rows of a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from interactions.connectors.table import times
from interactions.connectors.table.mapping import Reading

_LOOKED_AT = 100
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?%?")


@dataclass(frozen=True, slots=True)
class Heading:
    """Where a table with ``width`` columns begins.

    ``before`` rows are titles, followed by ``header_rows``. Row ``names_row`` of these has the names; it counts from 1,
    and 0 means no names. ``is_doubtful``: the row after the names may be a second header. ``is_regular``: most rows
    have the same number of cells.
    """

    before: int
    header_rows: int
    names_row: int
    width: int
    is_doubtful: bool
    is_regular: bool

    @property
    def first(self) -> int:
        """The index of the first row of data."""
        return self.before + self.header_rows

    def names(self, rows: Sequence[Sequence[str]]) -> list[str]:
        """The names in the header; empty strings without one."""
        found = list(rows[self.before + self.names_row - 1]) if self.names_row else []
        return (found + [""] * self.width)[: max(self.width, len(found))]


def heading(rows: Sequence[Sequence[str]], reading: Reading) -> Heading:
    """Find where the table begins in its first rows, at least one of which isn't empty."""
    looked_at = [row for row in rows[:_LOOKED_AT] if any(row)]
    filled = _commonest(map(_width, looked_at))
    length = _commonest(map(len, looked_at))  # the last columns may be empty in most rows
    width = max(filled, length)
    is_regular = 2 * sum(len(row) == length for row in looked_at) > len(looked_at)
    before = next((place for place, row in enumerate(rows) if _width(row) >= filled), 0)
    data = rows[before:]
    header_rows = int(_is_names(data[0]))
    second = header_rows == 1 and _is_second(data[:_LOOKED_AT])
    if reading.header_rows is not None:
        names_row = min(reading.names_row, reading.header_rows)
        return Heading(before, reading.header_rows, names_row, width, is_doubtful=second, is_regular=is_regular)
    return Heading(before, header_rows + second, header_rows, width, is_doubtful=second, is_regular=is_regular)


def _commonest(counts: Iterable[int]) -> int:
    """The most frequent number; the largest of several."""
    found = Counter(counts)
    return max(found, key=lambda each: (found[each], each))


def _width(row: Sequence[str]) -> int:
    """The number of columns up to a row's last non-empty one."""
    return next((place for place in range(len(row), 0, -1) if row[place - 1]), 0)


def _is_names(row: Sequence[str]) -> bool:
    """Whether a row looks like names: none of them is a number or a time."""
    return not any(_is_value(cell) for cell in row if cell)


def _is_value(cell: str) -> bool:
    return _NUMBER.fullmatch(cell.strip()) is not None or bool(times.seen([cell]).forms)


def _is_second(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the row after the names has only words, while a column has numbers or times below it."""
    if len(rows) < 4 or any(map(_DIGIT.search, rows[1])):
        return False
    below = [row for row in rows[2:] if _width(row)]
    for column in range(min(map(len, below), default=0)):
        cells = [row[column] for row in below if row[column]]
        if column < len(rows[1]) and rows[1][column] and len(cells) > 1 and all(map(_is_value, cells)):
            return True
    return False
