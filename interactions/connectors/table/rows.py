"""Rows of a table on their way: whatever the file, cells are texts or lists of texts, null where there is nothing."""

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
"""Rows at a time, where a format doesn't say."""


@dataclass(slots=True)
class Rows:
    """Some rows, of which the first is number ``first`` of the table, from 0, those that can't be read counted.

    ``size`` bytes of the file were read for them. ``rejected`` are rows that can't be read, numbered alike.
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

    def text(self, row: int) -> bytes:
        """A row as a JSON object of its cells, null where they are empty: a table with the same columns."""
        return msgspec.json.encode(self.table.slice(row, 1).to_pylist()[0])


class Text(Readable, Protocol):
    """The text of a file, opened to be read once."""

    def close(self) -> None: ...


class Table(Protocol):
    """A table that was opened: its columns are known, its rows are read as often as they are asked for."""

    kind: str  # "CSV", "Parquet", … as pages say it
    columns: list[str]
    reading: Reading  # how it is read
    doubts: tuple[str, ...]  # what of that can't be known: "encoding", "header"
    left_out: tuple[str, ...]  # sentences about columns that no field can take
    sheets: tuple[str, ...]  # of a workbook

    def batches(self) -> Iterator[Rows]:
        """All rows, in order. Raises FileRefused where the file turns out to be unreadable."""


def refused(index: int, text: str, rule: str) -> Rejected:
    """A row that can't be read, and why."""
    return Rejected(index, 0, text.encode(errors="replace"), [Violation("", rule)])


def named(names: Sequence[Any]) -> list[str]:
    """The names of columns, each once: what has no name is called by its place, what comes again gets a number.

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
