"""Write arrays to positions in a file, and read them from there. Thread-safe: the file's own position isn't used."""

from __future__ import annotations

import os

import numpy as np


def write_at(file: int, values: np.ndarray, place: int) -> None:
    """Write an array to the byte ``place`` of an open file (its descriptor)."""
    view = _bytes(np.ascontiguousarray(values))
    while view:
        written = os.pwrite(file, view, place)
        view, place = view[written:], place + written


def read_at(file: int, values: np.ndarray, place: int) -> None:
    """Fill a contiguous array from the byte ``place`` of an open file. Raises EOFError if the file is too short."""
    view = _bytes(values)
    while view:
        read = os.preadv(file, [view], place)
        if not read:
            raise EOFError("The file ends before.")
        view, place = view[read:], place + read


def _bytes(values: np.ndarray) -> memoryview:
    return values.data.cast("B") if len(values) else memoryview(b"")
