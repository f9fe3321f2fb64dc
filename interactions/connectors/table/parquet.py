"""Read Parquet files as tables. Values of nested objects are columns named by their path; lists of texts stay lists."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeVar

from interactions.connectors.table.errors import Damaged, Empty
from interactions.connectors.table.mapping import Reading
from interactions.connectors.table.rows import BATCH_ROWS, Rows, named
from interactions.unpack import Openable

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import parquet as pq

HIDDEN: Final = b"PARE"
"""The first bytes of a file that is encrypted as a whole."""
ITEMS: Final = "[]"
"""Follows a list of objects in a path: ``items[].id`` is the list of their ids."""
_UUID: Final = "arrow.uuid"
_TIME: Final = "%Y-%m-%dT%H:%M:%S"

_Read = TypeVar("_Read")


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
                self._rows = file.metadata.num_rows
                flat = _flat(_few(file)) if self._rows else []
        except (pa.ArrowException, OSError) as error:
            raise Damaged("Parquet file") from error
        if not self._rows:
            raise Empty(has_header=True)
        self.columns = named([name for name, column in flat if column is not None])
        self.left_out = tuple(
            f'The column "{name[:60]}" has lists within lists, or keys with values, which no field of an interaction '
            "can hold. It is left out."
            for name, column in flat
            if column is None
        )

    def row_of(self, number: int) -> int:
        return number + 1

    def batches(self) -> Iterator[Rows]:
        import pyarrow as pa

        with self._path.open("rb") as file:
            share = file.seek(0, os.SEEK_END) / self._rows

        def rows(batch: pa.RecordBatch) -> Iterator[pa.Table]:
            columns = [column for _, column in _flat(pa.table(batch)) if column is not None]
            yield pa.table(dict(zip(self.columns, map(_texts, columns), strict=True)))

        first = 0
        for table in self._read(rows):
            yield Rows(table, first, round(table.num_rows * share))
            first += table.num_rows

    def texts(self) -> Iterator[pa.Array]:
        from pyarrow import compute as pc

        def texts(batch: pa.RecordBatch) -> Iterator[pa.Array]:
            for column in batch.columns:
                for plain in _leaves(column):
                    yield pc.unique(text_of(plain)).drop_null()

        yield from self._read(texts)

    def _read(self, converted: Callable[[pa.RecordBatch], Iterator[_Read]]) -> Iterator[_Read]:
        """What comes of each batch. Raises FileRefused if it can't be read or ``converted``."""
        import pyarrow as pa
        from pyarrow import parquet as pq

        try:
            with self._path.open("rb") as opened, pq.ParquetFile(opened) as file:
                for batch in file.iter_batches(BATCH_ROWS, use_threads=False):
                    yield from converted(batch)
        except (pa.ArrowException, OSError) as error:
            raise Damaged("Parquet file") from error


def _leaves(column: Any) -> Iterator[Any]:
    """The plain values in a column, however deep they are in objects, lists, and keys with values."""
    import pyarrow as pa

    column = _stored(column)
    form = column.type
    if pa.types.is_dictionary(form):
        yield from _leaves(column.dictionary_decode())
    elif pa.types.is_map(form):  # a list of objects, too
        yield from _leaves(column.keys)
        yield from _leaves(column.items)
    elif pa.types.is_struct(form):
        for inner in column.flatten():
            yield from _leaves(inner)
    elif pa.types.is_list(form) or pa.types.is_large_list(form) or pa.types.is_fixed_size_list(form):
        yield from _leaves(column.flatten())
    else:
        yield column.cast(pa.string()) if pa.types.is_null(form) else column


def _few(file: pq.ParquetFile) -> pa.Table:
    """A table with the columns of a file, of no rows or one."""
    import pyarrow as pa

    try:
        return file.schema_arrow.empty_table()
    except pa.ArrowNotImplementedError:  # for types such as UUID within objects
        return pa.table(next(file.iter_batches(1, use_threads=False)))


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

    column = _stored(column)
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


def _stored(column: Any) -> Any:
    """A column of an extension type as what it's stored as, UUIDs as texts; other columns as they are."""
    import pyarrow as pa

    if not isinstance(column.type, pa.BaseExtensionType):
        return column
    if column.type.extension_name == _UUID:
        return pa.array([None if each is None else str(each) for each in column.to_pylist()], pa.string())
    return column.storage


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
        return _lists(column, text_of(column.flatten()))
    return text_of(column)


def text_of(column: Any) -> Any:
    """A column of plain values as texts; times with a zone are in UTC and end with ``Z``."""
    import pyarrow as pa
    from pyarrow import compute as pc

    column = _stored(column)
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
