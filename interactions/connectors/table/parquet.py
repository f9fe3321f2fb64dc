"""Read Parquet files as tables. Values of nested objects are columns named by their path; lists of texts stay lists."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from interactions.connectors.table.errors import Damaged, Empty
from interactions.connectors.table.mapping import Reading
from interactions.connectors.table.rows import BATCH_ROWS, Rows, named
from interactions.unpack import Openable

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC: Final = b"PAR1"
HIDDEN: Final = b"PARE"
"""The first bytes of a file that is encrypted as a whole."""
ITEMS: Final = "[]"
"""Follows a list of objects in a path: ``items[].id`` is the list of their ids."""
_TIME: Final = "%Y-%m-%dT%H:%M:%S"


class Parquet:
    """A Parquet file on disk."""

    kind = "Parquet"
    reading = Reading()
    doubts: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()

    def __init__(self, path: Openable) -> None:
        """Raises FileRefused if it can't be read or has no rows."""
        import pyarrow as pa
        from pyarrow import parquet as pq

        self._path = path
        try:
            with path.open("rb") as opened, pq.ParquetFile(opened) as file:
                self._rows, schema = file.metadata.num_rows, file.schema_arrow
        except (pa.ArrowException, OSError) as error:
            raise Damaged("Parquet file") from error
        if not self._rows:
            raise Empty(has_header=True)
        flat = _flat(schema.empty_table())
        self.columns = named([name for name, column in flat if column is not None])
        self.left_out = tuple(
            f'The column "{name[:60]}" holds lists within lists, or keys with values, which no field of an interaction '
            "can take: it is left out."
            for name, column in flat
            if column is None
        )

    def row_of(self, number: int) -> int:
        return number + 1

    def batches(self) -> Iterator[Rows]:
        import pyarrow as pa
        from pyarrow import parquet as pq

        first = 0
        try:
            with self._path.open("rb") as opened, pq.ParquetFile(opened) as file:
                share = opened.seek(0, os.SEEK_END) / self._rows
                for batch in file.iter_batches(BATCH_ROWS, use_threads=False):
                    columns = [column for _, column in _flat(pa.table(batch)) if column is not None]
                    table = pa.table(dict(zip(self.columns, map(_texts, columns), strict=True)))
                    yield Rows(table, first, round(batch.num_rows * share))
                    first += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise Damaged("Parquet file") from error


def _flat(table: pa.Table) -> list[tuple[str, Any]]:
    """The columns by path, with nested ones in place of objects; None for those that aren't texts or lists of texts."""
    return [
        found
        for place, name in enumerate(table.column_names)  # names can repeat
        for found in _opened(name, table.column(place).combine_chunks())
    ]


def _opened(path: str, column: Any) -> Iterator[tuple[str, Any]]:
    import pyarrow as pa
    from pyarrow import compute as pc

    form = column.type
    if pa.types.is_dictionary(form):
        yield from _opened(path, column.dictionary_decode())
    elif pa.types.is_struct(form):
        for place, field in enumerate(form):
            yield from _opened(f"{path}.{field.name}", pc.struct_field(column, [place]))
    elif pa.types.is_list(form) or pa.types.is_large_list(form) or pa.types.is_fixed_size_list(form):
        yield from _of_list(path, column.cast(pa.list_(form.value_type)))
    elif pa.types.is_null(form):
        yield path, column.cast(pa.string())
    elif pa.types.is_map(form) or pa.types.is_union(form):
        yield path, None
    else:
        yield path, column


def _of_list(path: str, column: Any) -> Iterator[tuple[str, Any]]:
    """A list of plain values as a column, or a list of objects as a column for each of their values."""
    import pyarrow as pa
    from pyarrow import compute as pc

    inner = column.type.value_type
    if not pa.types.is_struct(inner):
        yield path, None if pa.types.is_nested(inner) else column
        return
    values = column.flatten()
    for place, field in enumerate(inner):
        of_items = None if pa.types.is_nested(field.type) else _lists(column, pc.struct_field(values, [place]))
        yield f"{path}{ITEMS}.{field.name}", of_items


def _lists(column: Any, values: Any) -> Any:
    """Lists with the lengths of those in ``column`` and these values; null becomes an empty list."""
    import pyarrow as pa
    from pyarrow import compute as pc

    ends = pc.cumulative_sum(pc.list_value_length(column).fill_null(0)).cast(pa.int32())
    return pa.ListArray.from_arrays(pa.concat_arrays([pa.array([0], pa.int32()), ends]), values)


def _texts(column: Any) -> Any:
    """A column as texts, or as lists of texts."""
    import pyarrow as pa

    if pa.types.is_list(column.type):
        return _lists(column, _text(column.flatten()))
    return _text(column)


def _text(column: Any) -> Any:
    import pyarrow as pa
    from pyarrow import compute as pc

    form = column.type
    if pa.types.is_timestamp(form):
        written = pc.strftime(_in_utc(column), _TIME)
        return pc.binary_join_element_wise(written, "Z", "") if form.tz else written
    if pa.types.is_binary(form) or pa.types.is_large_binary(form) or pa.types.is_fixed_size_binary(form):
        return pa.array([None if each is None else each.decode(errors="replace") for each in column.to_pylist()])
    try:
        return column.cast(pa.string())
    except pa.ArrowNotImplementedError:  # such as intervals
        return pa.array([None if each is None else str(each) for each in column.to_pylist()], pa.string())


def _in_utc(column: Any) -> Any:
    import pyarrow as pa

    zone = "UTC" if column.type.tz else None
    return column.cast(pa.timestamp("us", zone), safe=False)
