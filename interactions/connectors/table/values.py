"""The values of a mapping's fields by row: texts or lists of texts, null if a row has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from interactions.connectors.table.mapping import UUID, Mapping, types_with
from interactions.contract import schema

_FEW: Final = 0.25  # of the cells are different: to look each up costs less than to make them all


class Values:
    """Reads the values of all fields except the type.

    ``left_out`` counts, by field, the values in rows whose type doesn't have the field.
    """

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self.left_out: Counter[str] = Counter()

    def of(self, table: Any, kinds: Any) -> dict[str, Any]:
        """The values by field; ``kinds`` are the types of the rows."""
        fits = _Fits(kinds)
        return {field: self._fitting(field, column, fits) for field, column in self._read(table)}

    def _read(self, table: Any) -> Iterator[tuple[str, Any]]:
        import pyarrow as pa

        for field in sorted({*self._mapping.fields, *self._mapping.constants} - {"type"}):
            column = self._mapping.fields.get(field)
            if column is not None:
                yield field, self._prefixed(field, self._filled(table[column]))
            elif constant := self._mapping.constants[field]:
                yield field, pa.chunked_array([pa.repeat(constant, table.num_rows)])

    def _filled(self, column: Any) -> Any:
        """The column with null in place of texts that mean no value."""
        import pyarrow as pa
        from pyarrow import compute as pc

        if pa.types.is_list(column.type):
            return _where(column, pc.greater(pc.list_value_length(column), 0))
        absent = pa.array(["", *self._mapping.absent], pa.string())
        return _where(column, pc.invert(pc.is_in(column, absent))) if _any_of(column, absent) else column

    def _prefixed(self, field: str, column: Any) -> Any:
        import pyarrow as pa
        from pyarrow import compute as pc

        if field != UUID or not self._mapping.uuid_prefix or pa.types.is_list(column.type):
            return column
        return pc.binary_join_element_wise(self._mapping.uuid_prefix, column, "")

    def _fitting(self, field: str, column: Any, fits: _Fits) -> Any:
        """The values in rows whose type has the field."""
        from pyarrow import compute as pc

        types = types_with(field)
        if len(types) == len(schema.TYPES) or column.null_count == len(column):
            return column
        lost = pc.sum(pc.and_not(column.is_valid(), fits.of(types))).as_py()
        if not lost:
            return column
        self.left_out[field] += lost
        return _where(column, fits.of(types))


class _Fits:
    """Tells which rows have one of some types. ``kinds`` are the types of the rows."""

    def __init__(self, kinds: Any) -> None:
        self._codes = kinds.combine_chunks().dictionary_encode()  # there are few types, so each is looked up once
        self._known: dict[frozenset[str], Any] = {}

    def of(self, types: frozenset[str]) -> Any:
        import pyarrow as pa

        if types not in self._known:
            fits = pa.array([kind in types for kind in self._codes.dictionary.to_pylist()])
            self._known[types] = fits.take(self._codes.indices)
        return self._known[types]


def _any_of(column: Any, texts: Any) -> bool:
    from pyarrow import compute as pc

    shortest = pc.min(pc.binary_length(column)).as_py()
    return shortest == 0 or (len(texts) > 1 and pc.any(pc.is_in(column, texts)).as_py() is True)


def _where(column: Any, holds: Any) -> Any:
    """The column with null wherever ``holds`` is false."""
    import pyarrow as pa
    from pyarrow import compute as pc

    return column if pc.all(holds).as_py() else pc.if_else(holds, column, pa.scalar(None, column.type))


def of_different(columns: dict[str, Any], make: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """What ``make`` makes of columns, cell by cell; of a column that repeats few texts, it is asked for each once."""
    import pyarrow as pa
    from pyarrow import compute as pc

    made: dict[str, Any] = {}
    many: dict[str, Any] = {}
    for field, column in columns.items():
        codes = None if pa.types.is_list(column.type) else pc.dictionary_encode(column.combine_chunks())
        if codes is None or len(codes.dictionary) > _FEW * len(codes):
            many[field] = column
        else:
            different = make({field: pa.chunked_array([codes.dictionary])})[field]
            made[field] = pa.chunked_array([different.combine_chunks().take(codes.indices)])
    return made | make(many)
