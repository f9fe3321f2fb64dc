"""Rows of a table. Whatever the file, cells are texts or lists of texts, and null if they're empty."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from interactions.codec.rejected import Rejected
from interactions.codec.rulebook import Violation
from interactions.connectors.table.errors import TooManyColumns
from interactions.connectors.table.mapping import Reading
from interactions.contract.mentions import words_in
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
    ``blank`` are the numbers of lines without anything: they count when people number rows, but are no events.
    """

    table: pa.Table
    first: int
    size: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)

    @property
    def events(self) -> int:
        """How many rows have anything in them."""
        return int(self.table.num_rows) + len(self.rejected)

    @property
    def count(self) -> int:
        """How many numbers its rows take."""
        return self.events + len(self.blank)

    def numbers(self) -> np.ndarray[Any, Any]:
        """The number in the table of each row of ``table``."""
        import numpy as np

        every = np.arange(self.first, self.first + self.count)
        others = [*(each.index for each in self.rejected), *self.blank]
        return np.delete(every, np.array(others, np.int64) - self.first)

    def pieces(self, most: int) -> Iterator[Rows]:
        """The rows, at most so many of ``table`` at a time. The first piece has the whole ``size``."""
        rows = self.table.num_rows
        if rows <= most:
            yield self
            return
        numbers, rejected, blank = self.numbers(), self.rejected, self.blank
        first, size = self.first, self.size
        for at in range(0, rows, most):
            following = int(numbers[at + most]) if at + most < rows else self.first + self.count
            before = [each for each in rejected if each.index < following]
            empty = blank[: bisect_left(blank, following)]
            yield Rows(self.table.slice(at, most), first, size, before, empty)
            rejected, blank, first, size = rejected[len(before) :], blank[len(empty) :], following, 0

    def followed_by(self, others: Sequence[Rows]) -> Rows:
        """These rows and all that come after them in the table."""
        import pyarrow as pa

        several = (self, *others)
        return Rows(
            pa.concat_tables([each.table for each in several]).combine_chunks() if others else self.table,
            self.first,
            sum(each.size for each in several),
            [rejected for each in several for rejected in each.rejected],
            [number for each in several for number in each.blank],
        )

    def since(self, number: int) -> Rows:
        """The rows from this ``number`` on. ``size`` stays."""
        if number <= self.first:
            return self
        before = int(self.numbers().searchsorted(number))
        return Rows(
            self.table.slice(before),
            number,
            self.size,
            [each for each in self.rejected if each.index >= number],
            [each for each in self.blank if each >= number],
        )

    def text(self, row: int) -> bytes:
        """A row as a JSON object of all its cells, null if empty, so that rows make a table with the same columns."""
        return msgspec.json.encode(self.table.slice(row, 1).to_pylist()[0])


def joined(batches: Iterable[Rows], rows: int, size: int) -> Iterator[Rows]:
    """Consecutive batches as one, until it has so many rows or bytes of the file, or the next has other types."""
    held: list[Rows] = []
    for batch in batches:
        if held and batch.table.schema != held[0].table.schema:
            yield held[0].followed_by(held[1:])
            held = []
        held.append(batch)
        if sum(each.table.num_rows for each in held) >= rows or sum(each.size for each in held) >= size:
            yield held[0].followed_by(held[1:])
            held = []
    if held:
        yield held[0].followed_by(held[1:])


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

    def texts(self) -> Iterator[pa.Array]:
        """All texts anywhere in the file, without nulls: cells, what no column can hold, and the words of titles and of
        unreadable rows. Raises FileRefused like ``batches``."""

    def row_of(self, number: int) -> int:
        """The row with this ``number``, as people count in the file: from 1, with titles and headers."""


def cells_of(table: pa.Table) -> Iterator[pa.Array]:
    """The different texts of each column, without nulls; of columns of lists, those in the lists."""
    import pyarrow as pa
    from pyarrow import compute as pc

    for column in table.columns:
        yield pc.unique(pc.list_flatten(column) if pa.types.is_list(column.type) else column).drop_null()


def words_of(texts: Iterable[str]) -> pa.Array:
    """The words in texts. Lone surrogates, which Arrow can't hold, are replaced."""
    import pyarrow as pa

    words = {word for text in texts for word in words_in(text)}
    return pa.array([word.encode(errors="replace").decode() for word in words], pa.string())


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
