"""What the first rows of a table are: titles, names of columns, or data."""

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
    """Where a table begins: ``before`` rows are titles, then come ``header_rows``, of which the one numbered
    ``names_row``, from 1, has the names (none where that is 0); ``width`` columns. ``is_doubtful``: the row after the
    names may be a second header. ``is_regular``: most rows have as many cells."""

    before: int
    header_rows: int
    names_row: int
    width: int
    is_doubtful: bool
    is_regular: bool

    @property
    def first(self) -> int:
        """The row where data begin."""
        return self.before + self.header_rows

    def names(self, rows: Sequence[Sequence[str]]) -> list[str]:
        """The names in the header; empty texts where there is none."""
        found = list(rows[self.before + self.names_row - 1]) if self.names_row else []
        return (found + [""] * self.width)[: max(self.width, len(found))]


def heading(rows: Sequence[Sequence[str]], reading: Reading) -> Heading:
    """Find where the table begins in its first rows, of which there is at least one that isn't empty."""
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
    """The most frequent of some numbers, the larger one where two are."""
    found = Counter(counts)
    return max(found, key=lambda each: (found[each], each))


def _width(row: Sequence[str]) -> int:
    """The columns of a row up to its last that isn't empty."""
    return next((place for place in range(len(row), 0, -1) if row[place - 1]), 0)


def _is_names(row: Sequence[str]) -> bool:
    """Whether a row reads like names: no number or time is among them."""
    return not any(_is_value(cell) for cell in row if cell)


def _is_value(cell: str) -> bool:
    return _NUMBER.fullmatch(cell.strip()) is not None or bool(times.seen([cell]).forms)


def _is_second(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the row after the names has words alone, while those below it have numbers or times in some column."""
    if len(rows) < 4 or any(map(_DIGIT.search, rows[1])):
        return False
    below = [row for row in rows[2:] if _width(row)]
    for column in range(min(map(len, below), default=0)):
        cells = [row[column] for row in below if row[column]]
        if column < len(rows[1]) and rows[1][column] and len(cells) > 1 and all(map(_is_value, cells)):
            return True
    return False
