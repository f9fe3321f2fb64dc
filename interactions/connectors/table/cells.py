"""The bytes of a column of texts, for compiled loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa


class Cells(NamedTuple):
    """A column: ``ends`` int64[rows + 1] has where its cells begin and end in ``data`` uint8, and ``valid`` which rows
    have one, None if all have."""

    ends: Any
    data: Any
    valid: Any

    def some(self, start: int, stop: int) -> Cells:
        """The cells of some rows."""
        return Cells(
            self.ends[start : stop + 1], self.data, self.valid if self.valid is None else self.valid[start:stop]
        )

    @property
    def text(self) -> Any:
        """The bytes of these cells alone."""
        return self.data[self.ends[0] : self.ends[-1]]


def one_chunk(column: Any) -> Any:
    """A column as an array."""
    import pyarrow as pa

    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def cells_of(column: Any) -> Cells:
    import pyarrow as pa

    array = one_chunk(column)
    valid, offsets, data = array.buffers()
    form = np.int64 if pa.types.is_large_string(array.type) else np.int32
    first, last = array.offset, array.offset + len(array)
    ends = np.frombuffer(offsets, form)[first : last + 1].astype(np.int64) if offsets else np.zeros(1, np.int64)
    return Cells(ends, _fixed(data), None if not array.null_count else _bits(valid, first, last))


def array_of(ends: Any, data: Any, like: Any) -> pa.ChunkedArray:
    """A column of other texts with null in the same rows as in ``like``. ``ends`` int32[rows + 1]."""
    import pyarrow as pa

    array = one_chunk(like)
    before = np.zeros(array.offset, np.int32)
    offsets = pa.py_buffer(np.concatenate([before, ends]))
    made = pa.StringArray.from_buffers(
        len(array), offsets, pa.py_buffer(data), array.buffers()[0], array.null_count, array.offset
    )
    return pa.chunked_array([made])


def _fixed(data: Any) -> Any:
    """A buffer's bytes, which can't be changed: loops are compiled for such alone."""
    found = np.frombuffer(data or b"", np.uint8)
    found.flags.writeable = False
    return found


def _bits(bitmap: Any, first: int, last: int) -> Any:
    return np.unpackbits(np.frombuffer(bitmap, np.uint8), count=last, bitorder="little")[first:].view(np.bool_)
