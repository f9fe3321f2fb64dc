"""Spill events to disk by partition, and read back each partition as a whole."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple

import numpy as np

from interactions.analytics.index.positions import read_at, write_at
from interactions.analytics.index.rows import FLAT, LISTS, starts_of
from interactions.analytics.index.run import Events

_LISTS: Final = dict(LISTS)
_LINES: Final = ("line_product", "line_revenue")
_SALES: Final = ("sale_event", "sale_revenue")


class Sizes(NamedTuple):
    """The number of events, and of their list elements, sales and lines."""

    events: int
    products: int
    categories: int
    customs: int
    sales: int
    lines: int


class _Kept(NamedTuple):
    """A column of one batch: its position in the file, and the bounds of the partitions in it."""

    place: int
    form: np.dtype
    bounds: np.ndarray


class Spill:
    """An unnamed temporary file, so that nothing is left after a crash. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed on leaving
        self._end, self._turn = 0, threading.Lock()
        self._batches: dict[int, dict[str, _Kept]] = {}

    def __enter__(self) -> Spill:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def keep(self, values: np.ndarray) -> int:
        """Write an array. Returns its position."""
        with self._turn:
            place = self._end
            self._end += values.nbytes
        write_at(self._file.fileno(), values, place)
        return place

    def kept(self, place: int, values: np.ndarray) -> np.ndarray:
        """Read back an array written at ``place`` into ``values``."""
        read_at(self._file.fileno(), values, place)
        return values

    def add(self, batch: int, events: Events, partition: np.ndarray, partitions: int) -> None:
        """Write a batch of events, sorted by ``partition`` (below ``partitions``).

        Batches are read back in the order of their numbers.
        """
        by_event = np.searchsorted(partition, np.arange(partitions + 1))
        by_sale = np.searchsorted(events.sale_event, by_event)
        bounds = dict.fromkeys(FLAT, by_event) | dict.fromkeys(_SALES, by_sale)
        columns = {name: getattr(events, name) for name in (*FLAT, *_SALES)}
        for starts, names, outer in (*((s, n, by_event) for s, n in _LISTS.items()), ("sale_starts", _LINES, by_sale)):
            columns[starts] = np.diff(getattr(events, starts)).astype(np.int32)
            bounds[starts] = outer
            columns |= {name: getattr(events, name) for name in names}
            bounds |= dict.fromkeys(names, getattr(events, starts)[outer])
        columns["sale_event"] = events.sale_event - by_event[np.searchsorted(by_event, events.sale_event, "right") - 1]
        self._batches[batch] = {
            name: _Kept(self.keep(values), values.dtype, bounds[name]) for name, values in columns.items()
        }

    def sizes(self, partition: int) -> Sizes:
        """The sizes of everything in a partition."""
        names = ("at", "products", "categories", "customs", "sale_event", "line_product")
        return Sizes(*(sum(self._sizes(name, partition)) for name in names))

    def read(self, partition: int) -> Events:
        """All events of a partition, batch after batch."""
        columns = {name: self._column(name, partition) for name in next(iter(self._batches.values()))}
        for name in (*_LISTS, "sale_starts"):
            columns[name] = starts_of(columns[name])
        begins = np.cumsum([0, *self._sizes("at", partition)])[:-1]
        columns["sale_event"] += np.repeat(begins, self._sizes("sale_event", partition))
        return Events(**columns)

    def _sizes(self, name: str, partition: int) -> list[int]:
        kept = [self._batches[batch][name].bounds for batch in sorted(self._batches)]
        return [int(bounds[partition + 1] - bounds[partition]) for bounds in kept]

    def _column(self, name: str, partition: int) -> np.ndarray:
        kept = [self._batches[batch][name] for batch in sorted(self._batches)]
        values = np.empty(sum(self._sizes(name, partition)), kept[0].form)
        filled = 0
        for place, form, bounds in kept:
            begin, end = bounds[partition : partition + 2].tolist()
            piece = values[filled : filled + end - begin]
            read_at(self._file.fileno(), piece, place + begin * form.itemsize)
            filled += len(piece)
        return values
