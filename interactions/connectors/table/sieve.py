"""Which rows of a table become interactions, of which type, and what becomes of the others: nothing goes uncounted.

Tables come here with columns called ``c0``, ``c1``, … and ``number``, the row's place in its batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from interactions.connectors.source import Skipped
from interactions.connectors.table.mapping import Mapping, types_with
from interactions.contract import schema

NO_TYPE: Final = "It has no interaction type."
ON_PURPOSE: Final = "It is mapped to nothing."
FILTERED: Final = "The mapping leaves such rows out."
HEADER: Final = Skipped("Header", "It repeats the names of the columns.")
_LONGEST_NAME: Final = 200
_MOST_NAMES: Final = 1_000  # of one batch; where each row has its own name, it is no name
_OTHERS: Final = "(others)"
_NOTHING: Final = "(empty)"


class Sieve:
    """Takes out of batches the rows that a mapping skips. ``left_out`` counts values by field: those in rows whose type
    has no such field."""

    def __init__(self, mapping: Mapping, columns: Sequence[str]) -> None:
        self._mapping, self._columns = mapping, list(columns)
        self._names = {column: f"c{place}" for place, column in enumerate(columns)}
        self._partial = [
            (field, self._names[column], sorted(types_with(field)))
            for field, column in mapping.fields.items()
            if len(types_with(field)) < len(schema.TYPES)
        ]
        self.left_out: Counter[str] = Counter()

    def sifted(self, table: Any, skipped: Counter[Skipped]) -> Any:
        """The rows that become records, with their type in the column ``kind``; the others are added to ``skipped``."""
        table = self._typed(self._wanted(self._without_headers(table, skipped), skipped), skipped)
        self._count_left_out(table)
        return table

    def _without_headers(self, table: Any, skipped: Counter[Skipped]) -> Any:
        """Files that were put together repeat the names of the columns."""
        from pyarrow import compute as pc

        repeated = None
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
            cells = plain(table[self._names[rule.column]]).fill_null("")
            found = pc.is_in(cells, pa.array(rule.values, pa.string()))
            goes = pc.invert(found) if rule.others else found
            for value, count in _counts(cells.filter(goes)):
                skipped[Skipped(_name(f"{rule.column}: {value or _NOTHING}"), FILTERED)] += count
            table = table.filter(pc.invert(goes))
        return table

    def _typed(self, table: Any, skipped: Counter[Skipped]) -> Any:
        import pyarrow as pa
        from pyarrow import compute as pc

        column = self._mapping.fields.get("type")
        if column is None:
            return table.append_column("kind", pa.array([self._mapping.constants["type"]] * table.num_rows, pa.string()))
        cells = plain(table[self._names[column]]).fill_null("").combine_chunks()
        said = pc.unique(cells)
        places = pc.index_in(cells, said)
        kinds = pa.array([self._kind(value) for value in said.to_pylist()], pa.string()).take(places)
        has_none = pc.is_null(kinds)
        for value, count in _counts(cells.filter(has_none)):
            on_purpose = value in self._mapping.types
            skipped[Skipped(_name(value or _NOTHING), ON_PURPOSE if on_purpose else NO_TYPE)] += count
        return table.append_column("kind", kinds).filter(pc.invert(has_none))

    def _kind(self, value: str) -> str | None:
        if value in self._mapping.types:
            return self._mapping.types[value]
        return value if value in schema.GROUP_OF else None

    def _count_left_out(self, table: Any) -> None:
        import pyarrow as pa
        from pyarrow import compute as pc

        for field, column, types in self._partial:
            lost = pc.and_(is_filled(table[column]), pc.invert(pc.is_in(table["kind"], pa.array(types))))
            if count := pc.sum(lost).as_py():
                self.left_out[field] += count


def plain(column: Any) -> Any:
    """A column as texts, lists joined."""
    import pyarrow as pa
    from pyarrow import compute as pc

    return pc.binary_join(column, ", ") if pa.types.is_list(column.type) else column


def is_filled(column: Any) -> Any:
    """Where a column has something."""
    from pyarrow import compute as pc

    return pc.greater(pc.binary_length(plain(column)), 0).fill_null(False)


def _counts(cells: Any) -> Iterator[tuple[str, int]]:
    from pyarrow import compute as pc

    found = pc.value_counts(cells)
    for place, (value, count) in enumerate(zip(found.field(0), found.field(1), strict=True)):
        yield (value.as_py() or "") if place < _MOST_NAMES else _OTHERS, count.as_py()


def _name(value: str) -> str:
    return value[:_LONGEST_NAME]
