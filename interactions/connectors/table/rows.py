"""Rows of a table. Whatever the file, cells are texts or lists of texts, and null if they're empty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from interactions.codec.rejected import Rejected
from interactions.codec.rulebook import Violation
from interactions.connectors.table.errors import TooManyColumns
from interactions.connectors.table.mapping import Reading
from interactions.unpack import Readable

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

MOST_COLUMNS: Final = 1_000
BATCH_ROWS: Final = 65_536
"""Rows per batch, for formats without batches."""


@dataclass(slots=True)
class Rows:
    """A batch of rows. ``first`` is the number of its first row in the table, from 0, including unreadable rows.

    ``size`` is the number of bytes of the file read for it. ``rejected`` are its unreadable rows, with their numbers.
    """

    table: pa.Table
    first: int
    size: int = 0
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def count(self) -> int:
        return int(self.table.num_rows) + len(self.rejected)

    def numbers(self) -> np.ndarray[Any, Any]:
        """The number in the table of each row of ``table``."""
        import numpy as np

        every = np.arange(self.first, self.first + self.count)
        return np.delete(every, [each.index - self.first for each in self.rejected])

    def pieces(self, most: int) -> Iterator[Rows]:
        """The rows, at most so many of ``table`` at a time. The first piece has the whole ``size``."""
        rows = self.table.num_rows
        if rows <= most:
            yield self
            return
        numbers, rejected = self.numbers(), self.rejected
        first, size = self.first, self.size
        for at in range(0, rows, most):
            following = int(numbers[at + most]) if at + most < rows else self.first + self.count
            before = [each for each in rejected if each.index < following]
            yield Rows(self.table.slice(at, most), first, size, before)
            rejected, first, size = rejected[len(before) :], following, 0

    def text(self, row: int) -> bytes:
        """A row as a JSON object of all its cells, null if empty, so that rows make a table with the same columns."""
        return msgspec.json.encode(self.table.slice(row, 1).to_pylist()[0])


class Text(Readable, Protocol):
    """The text of a file, which can be read once."""

    def close(self) -> None: ...


class Table(Protocol):
    """An open table. Its columns are known; its rows are read anew for each call of ``batches``."""

    kind: str  # "CSV", "Parquet", …, as pages show it
    columns: list[str]
    reading: Reading  # how it is read
    doubts: tuple[str, ...]  # the uncertain parts of it: "encoding", "header"
    left_out: tuple[str, ...]  # sentences about columns that no field can take
    sheets: tuple[str, ...]  # of a workbook

    def batches(self) -> Iterator[Rows]:
        """All rows, in order. Raises FileRefused if the file turns out to be unreadable."""

    def row_of(self, number: int) -> int:
        """The row with this ``number``, as people count in the file: from 1, with titles and headers."""


def refused(index: int, text: str, rule: str) -> Rejected:
    """A row that can't be read, with the rule it breaks."""
    return Rejected(index, 0, text.encode(errors="replace"), [Violation("", rule)])


def named(names: Sequence[Any]) -> list[str]:
    """Unique names of columns: one without a name is named after its position, and repeated names get a number.

    Raises TooManyColumns.
    """
    if len(names) > MOST_COLUMNS:
        raise TooManyColumns(len(names), MOST_COLUMNS)
    found: dict[str, None] = {}
    for place, given in enumerate(names, 1):
        name = wanted = " ".join(str(given or "").split()) or f"Column {place}"
        number = 1
        while name in found:
            number += 1
            name = f"{wanted} ({number})"
        found[name] = None
    return list(found)
