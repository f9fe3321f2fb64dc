"""Preview a mapped table: its first interactions, each with its problems, and the problems of a sample of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from interactions.codec.rulebook import Violation, check_bytes
from interactions.connectors.source import Skipped
from interactions.connectors.table.errors import Empty
from interactions.connectors.table.mapping import Mapping, Reading
from interactions.connectors.table.questions import SAMPLE_ROWS
from interactions.connectors.table.records import Records
from interactions.connectors.table.rows import Rows, Table, cells_of

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Shown:
    """An interaction of the preview: ``row`` is its row, as people count in the file; its problems, if it has any."""

    row: int
    record: dict[str, Any]
    problems: list[Violation]


@dataclass(slots=True)
class Preview:
    """What becomes of the first ``rows`` rows: ``records`` of them become records, of which ``rejected`` break a rule
    (rows that can't be read are counted in both). ``skipped`` are counted by name, ``problems`` by path and rule, and
    ``left_out`` by field the values for which a type has no field. ``examples`` has the row, as people count in the
    file, and the value of the first row with each problem."""

    rows: int = 0
    records: int = 0
    rejected: int = 0
    shown: list[Shown] = field(default_factory=list)
    types: Counter[str] = field(default_factory=Counter)
    skipped: Counter[Skipped] = field(default_factory=Counter)
    problems: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Sample:
    """The first rows of a table, themselves a table, because opening the file for each change of a mapping is slow."""

    kind: str
    columns: list[str]
    reading: Reading
    doubts: tuple[str, ...]
    left_out: tuple[str, ...]
    sheets: tuple[str, ...]
    rows: Rows
    row_of: Callable[[int], int]

    def batches(self) -> Iterator[Rows]:
        yield self.rows

    def texts(self) -> Iterator[pa.Array]:
        return cells_of(self.rows.table)

    def is_list(self, column: str) -> bool:
        """Whether the column's cells are lists."""
        import pyarrow as pa

        return bool(pa.types.is_list(self.rows.table.schema.field(column).type))


def sample_of(table: Table, most: int = SAMPLE_ROWS) -> Sample:
    """Read the first rows of a table. Raises FileRefused if it can't be read or has no rows."""
    rows = next((rows for rows in table.batches() if rows.events), None)
    if rows is None:
        raise Empty(has_header=True)
    first = Rows(
        rows.table.slice(0, most), rows.first, rows.size, [each for each in rows.rejected if each.index < most]
    )
    return Sample(
        table.kind, table.columns, table.reading, table.doubts, table.left_out, table.sheets, first, table.row_of
    )


def preview(sample: Sample, mapping: Mapping, most: int = 20) -> Preview:
    """Map a sample's rows; ``most`` interactions are shown. Raises the same errors as :class:`Records`."""
    made = Preview()
    records = Records(sample, mapping)
    for chunk in records:
        made.rows += chunk.events
        made.skipped += chunk.skipped
        made.records += len(chunk.rejected)
        made.rejected += len(chunk.rejected)
        for each in chunk.rejected:
            _blame(made, sample.row_of(each.index), each.violations[:1])
        for number, line in enumerate(bytes(chunk.lines).splitlines()):
            _judge(made, line, sample.row_of(int(chunk.rows[number])), is_shown=len(made.shown) < most)
    made.left_out = records.left_out
    return made


def _blame(made: Preview, row: int, violations: Sequence[Violation]) -> None:
    made.problems.update({violation.cause for violation in violations})
    for violation in violations:
        made.examples.setdefault(violation.cause, (row, violation.value))


def _judge(made: Preview, line: bytes, row: int, *, is_shown: bool) -> None:
    checked = check_bytes(line)
    record = msgspec.json.decode(line)
    made.records += 1
    made.types[record["type"]] += 1
    if checked.record is None:
        made.rejected += 1
        _blame(made, row, checked.violations)
    if is_shown:
        made.shown.append(Shown(row, record, checked.violations))
