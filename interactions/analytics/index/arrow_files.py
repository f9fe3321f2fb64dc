"""Arrow IPC files of one record batch each: written once, durably, and memory-mapped for reading."""

from __future__ import annotations

import io
import mmap
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from interactions.analytics.index.positions import write_at


def write(path: Path, columns: Mapping[str, pa.Array]) -> None:
    """Write arrays of equal length to a file and sync it. It's durable once its folder is synced, too."""
    batch = pa.record_batch(dict(columns))
    with path.open("wb") as file:
        with pa.ipc.new_file(file, batch.schema) as writer:
            writer.write_batch(batch)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> pa.RecordBatch:
    """Map a file, and return its batch, whose arrays are views of it. Raises FileNotFoundError."""
    return _read(_map(path, mmap.ACCESS_READ))


def read_own(path: Path) -> dict[str, np.ndarray]:
    """The :func:`arrays` of a file as a writable copy-on-write mapping."""
    mapped = _map(path, mmap.ACCESS_COPY)
    base = pa.py_buffer(mapped).address
    return {
        name: np.frombuffer(mapped, array.dtype, len(array), array.ctypes.data - base) if len(array) else array.copy()
        for name, array in arrays(_read(mapped)).items()
    }


def arrays(batch: pa.RecordBatch) -> dict[str, np.ndarray]:
    """Views of all numbers in a batch, by name.

    A list column gives ``<name>.starts`` (int64[n + 1]) and its values as ``<name>``; a struct column gives
    ``<name>.<field>``.
    """
    found: dict[str, np.ndarray] = {}
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        _put(found, name, array)
    return found


def _put(found: dict[str, np.ndarray], name: str, array: pa.Array) -> None:
    if pa.types.is_large_list(array.type):
        offsets = array.buffers()[1] if len(array) else pa.py_buffer(bytes(8))
        found[f"{name}.starts"] = np.frombuffer(offsets, np.int64, len(array) + 1)
        _put(found, name, array.values)
    elif pa.types.is_struct(array.type):
        for place, field in enumerate(array.type):
            _put(found, f"{name}.{field.name}", array.field(place))
    else:
        found[name] = array.to_numpy(zero_copy_only=True)


class Reserved:
    """A file of one batch whose columns are written in pieces, in any order, by any thread. A context manager.

    Leaving it without an exception syncs the file.
    """

    def __init__(self, path: Path, columns: Mapping[str, pa.Array]) -> None:
        """``columns`` are made by :func:`room`. Their values are ignored."""
        batch = pa.record_batch(dict(columns))
        rooms = {buffer.address for array in batch.columns for buffer in array.buffers() if buffer is not None}
        with path.open("wb") as file, pa.ipc.new_file(pa.PythonFile(_Holes(file, rooms), "w"), batch.schema) as writer:
            writer.write_batch(batch)
        self._places = _places(path)
        self._file = path.open("r+b")

    def write(self, column: str, start: int, values: np.ndarray) -> None:
        """Write ``values``, of the column's type, from its element ``start`` on. Columns are named as in
        :func:`arrays`."""
        if column in self._places:  # the starts of an empty list column aren't in the file
            write_at(self._file.fileno(), values, self._places[column] + start * values.itemsize)

    def __enter__(self) -> Reserved:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            if kind is None:
                os.fsync(self._file.fileno())


def room(length: int, form: pa.DataType) -> pa.Array:
    """An array of numbers that takes no memory until it's accessed."""
    return pa.Array.from_buffers(form, length, [None, pa.py_buffer(np.zeros(length, form.to_pandas_dtype()))], 0)


def room_for_lists(length: int, values: pa.Array) -> pa.Array:
    """An array of ``length`` lists with ``values`` in total."""
    offsets = np.zeros(length + 1, np.int64)
    offsets[-1] = len(values)
    form = pa.large_list(values.type)
    return pa.Array.from_buffers(form, length, [None, pa.py_buffer(offsets)], 0, children=[values])


def lists(starts: np.ndarray, values: pa.Array) -> pa.Array:
    """An array of lists that begin at ``starts`` (int64[n + 1]) in ``values``."""
    form = pa.large_list(values.type)
    offsets = pa.py_buffer(np.ascontiguousarray(starts, np.int64))
    return pa.Array.from_buffers(form, len(starts) - 1, [None, offsets], 0, children=[values])


class _Holes(io.RawIOBase):
    """A file with holes for buffers that are written later."""

    def __init__(self, file: BinaryIO, rooms: set[int]) -> None:
        self._file, self._rooms = file, rooms

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        if isinstance(data, pa.Buffer) and data.address in self._rooms:
            self._file.seek(size, os.SEEK_CUR)
        else:
            self._file.write(data)
        return size

    def tell(self) -> int:
        return self._file.tell()

    def writable(self) -> bool:
        return True


def _map(path: Path, access: int) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=access)


def _read(mapped: mmap.mmap) -> pa.RecordBatch:
    return pa.ipc.open_file(pa.BufferReader(pa.py_buffer(mapped))).get_batch(0)


def _places(path: Path) -> dict[str, int]:
    """The byte offset in the file of each of :func:`arrays`, except starts of empty list columns, which aren't in
    it."""
    mapped = _map(path, mmap.ACCESS_READ)
    base = pa.py_buffer(mapped).address
    places = {name: array.ctypes.data - base for name, array in arrays(_read(mapped)).items()}
    return {name: place for name, place in places.items() if 0 <= place < len(mapped)}
