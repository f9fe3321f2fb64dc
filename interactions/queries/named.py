"""Which products each day's interactions name, and how often: the kind NAMED, in files that are mapped into memory.

Different products are counted of them without an engine, whose time went into texts: here each is there once, and rows
have its code.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Final

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from interactions.queries.engine import epoch_us
from interactions.queries.kinds import NAMED, quarter

NAME: Final = NAMED.name

_PRODUCT: Final = pa.dictionary(pa.int32(), pa.string())
_SCHEMA: Final = pa.schema({"at": pa.int64(), "products": pa.list_(_PRODUCT), "records": pa.list_(pa.int32())})


def named_of_days(table: ibis.Table, days: ibis.Table) -> ibis.Table:
    """What :meth:`Named.of` is made from, of interactions; ``days`` as :meth:`Kind.of` has them."""
    rows = NAMED.rows(table).mutate(quarter=quarter(_.timestamp)).join(days, "quarter")
    found = rows.group_by("product", "day").agg(at=epoch_us(rows.timestamp.min()), records=rows.count())
    return found.order_by("day", "product")


class Named:
    """A row a span of time, a day of the segment's zone mostly: ``at`` is a moment in it, µs since 1970, ascending.

    What is named in span n are the ``codes`` from ``starts[n]`` to ``starts[n + 1]``, which say where in ``products``
    the product is, with the ``amounts`` of records that name it; below 0 where they are to be taken off. In the spans
    of a segment each product is there once.
    """

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._batch = batch

    @classmethod
    def of(cls, rows: pa.Table) -> Named:
        """Of rows with ``day`` (whatever tells spans apart, in their order), ``at``, ``product`` and ``records``."""
        rows = rows.combine_chunks()
        day, at = rows["day"].to_numpy(), rows["at"].to_numpy()
        order = np.argsort(day, kind="stable")
        day, at = day[order], at[order]
        heads = np.flatnonzero(np.concatenate(([len(day) > 0], day[1:] != day[:-1])))
        starts = pa.array(np.append(heads, len(day)), pa.int32())
        products = rows["product"].dictionary_encode().combine_chunks().cast(_PRODUCT)
        records = rows["records"].combine_chunks().cast(pa.int32())
        places = pa.array(order)
        arrays = [
            pa.array(np.minimum.reduceat(at, heads) if len(heads) else at, pa.int64()),
            pa.ListArray.from_arrays(starts, products.take(places)),
            pa.ListArray.from_arrays(starts, records.take(places)),
        ]
        return cls(pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA))

    @classmethod
    def read(cls, path: Path) -> Named:
        """From a file, which stays mapped as long as it is in use. Raises FileNotFoundError."""
        return cls(pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0))

    def write(self, path: Path) -> None:
        """Into a file. Raises FileNotFoundError where the folder is gone."""
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, _SCHEMA) as writer:
            writer.write_batch(self._batch)

    @cached_property
    def at(self) -> np.ndarray:
        return _numbers(self._batch["at"])

    @cached_property
    def starts(self) -> np.ndarray:
        return _numbers(self._batch["products"].offsets)

    @cached_property
    def codes(self) -> np.ndarray:
        return _numbers(self._batch["products"].values.indices)

    @cached_property
    def amounts(self) -> np.ndarray:
        return _numbers(self._batch["records"].values)

    @cached_property
    def products(self) -> pa.Array:
        return self._batch["products"].values.dictionary


def _numbers(column: pa.Array) -> np.ndarray:
    numbers: np.ndarray = column.to_numpy(zero_copy_only=True)
    return numbers
