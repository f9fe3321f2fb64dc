"""Decide which rows of a table become interactions, and of which type; the other rows are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from interactions.connectors.source import Skipped
from interactions.connectors.table.mapping import Mapping
from interactions.connectors.table.rows import Rows
from interactions.contract import schema

NUMBER: Final = "\x00number"
"""The column with the number of a row in the table. No column of a file can have this name."""
NO_TYPE: Final = "It has no interaction type."
ON_PURPOSE: Final = "It is mapped to no type."
FILTERED: Final = "The mapping leaves such rows out."
HEADER: Final = Skipped("Header", "It was read as a header, not as data.")
_LONGEST_NAME: Final = 200
_MOST_NAMES: Final = 1_000  # per batch; if each row has its own, they aren't names
_OTHERS: Final = "(others)"
_NOTHING: Final = "(empty)"


class Sieve:
    """Removes the rows that a mapping skips from batches."""

    def __init__(self, mapping: Mapping, columns: Sequence[str]) -> None:
        self._mapping, self._columns = mapping, list(columns)

    def sifted(self, table: Any, skipped: Counter[Skipped]) -> tuple[Any, Any]:
        """The rows that become records, and their types; the others are counted in ``skipped``."""
        return self._typed(self._wanted(self._without_headers(table, skipped), skipped), skipped)

    def _without_headers(self, table: Any, skipped: Counter[Skipped]) -> Any:
        """The rows without repeated headers, as in files that were concatenated."""
        from pyarrow import compute as pc

        repeated: Any = None
        for name, column in zip(self._columns, table.columns, strict=False):
            same = pc.equal(plain(column), name)
            repeated = same if repeated is None else pc.and_(repeated, same)
            if not pc.any(repeated).as_py():
                return table
        skipped[HEADER] += pc.sum(repeated).as_py()
        return table.filter(pc.invert(repeated.fill_null(False)))

    def _wanted(self, table: Any, skipped: Counter[Skipped]) -> Any:
        import pyarrow as pa
        from pyarrow import compute as pc

        for rule in self._mapping.skip:
            cells = plain(table[rule.column]).fill_null("")
            found = pc.is_in(cells, pa.array(rule.values, pa.string()))
            goes = pc.invert(found) if rule.others else found
            for value, count in _counts(cells.filter(goes)):
                skipped[Skipped(_name(f"{rule.column}: {value or _NOTHING}"), FILTERED)] += count
            table = table.filter(pc.invert(goes))
        return table

    def _typed(self, table: Any, skipped: Counter[Skipped]) -> tuple[Any, Any]:
        import pyarrow as pa
        from pyarrow import compute as pc

        column = self._mapping.fields.get("type")
        if column is None:
            return table, pa.chunked_array([pa.repeat(self._mapping.constants["type"], table.num_rows)])
        cells = plain(table[column]).fill_null("")
        said = pc.unique(cells)
        kinds = pa.array([self._kind(value) for value in said.to_pylist()], pa.string()).take(pc.index_in(cells, said))
        if not kinds.null_count:
            return table, kinds
        has_none = pc.is_null(kinds)
        for value, count in _counts(cells.filter(has_none)):
            reason = ON_PURPOSE if value in self._mapping.types else NO_TYPE
            skipped[Skipped(_name(value or _NOTHING), reason)] += count
        return table.filter(pc.invert(has_none)), kinds.drop_null()

    def _kind(self, value: str) -> str | None:
        if value in self._mapping.types:
            return self._mapping.types[value]
        return value if value in schema.GROUP_OF else None


def numbered(rows: Rows) -> Any:
    """The rows with an additional column of their numbers in the table."""
    import pyarrow as pa

    return rows.table.append_column(NUMBER, pa.array(rows.numbers()))


def plain(column: Any) -> Any:
    """A column as texts, with lists joined."""
    import pyarrow as pa
    from pyarrow import compute as pc

    return pc.binary_join(column, ", ") if pa.types.is_list(column.type) else column


def _counts(cells: Any) -> Iterator[tuple[str, int]]:
    from pyarrow import compute as pc

    found = pc.value_counts(cells)
    for place, (value, count) in enumerate(zip(found.field(0), found.field(1), strict=True)):
        yield (value.as_py() or "") if place < _MOST_NAMES else _OTHERS, count.as_py()


def _name(value: str) -> str:
    return value[:_LONGEST_NAME]
