"""Which products each day's interactions name, and when: the kind NAMED, in files that are mapped into memory.

Different products are counted of them without an engine, whose time went into texts: here each is there once, and rows
have its code.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Final

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from interactions.queries.kinds import NAMED, QUARTER_US, quarter

NAME: Final = NAMED.name
WIDTH: Final = 128  # more quarters than there are in any day

_PRODUCT: Final = pa.dictionary(pa.int32(), pa.string())
_SCHEMA: Final = pa.schema(
    {
        "first": pa.int64(),
        "last": pa.int64(),
        "products": pa.list_(_PRODUCT),
        "amounts": pa.list_(pa.int32()),
        "quarters": pa.list_(pa.uint8()),
    }
)


def named_of_days(table: ibis.Table, days: ibis.Table) -> ibis.Table:
    """What :meth:`Named.of_days` is made from, of interactions; ``days`` as :meth:`Kind.of` has them."""
    days = days.group_by("day").mutate(first=days.quarter.min())
    rows = NAMED.rows(table).mutate(quarter=quarter(_.timestamp)).join(days, "quarter")
    rows = rows.mutate(after=((rows.quarter - rows["first"]) // QUARTER_US).cast("uint8"))
    found = rows.group_by("day", "product").agg(
        first=rows["first"].min(), last=rows.quarter.max(), quarters=rows.after.collect()
    )
    return found.order_by("day", "product")


class Named:
    """A row a span of time, in the order of time: it begins in the quarter ``first`` and ends in the quarter ``last``,
    µs since 1970.

    What is named in span n are the ``codes`` from ``starts[n]`` to ``starts[n + 1]``, which say where in ``products``
    the product is; ``amounts`` have how often, below 0 where that is to be taken off.

    Of a segment, spans are days, in which each product is there once. Then ``quarters`` tell when, from
    ``quarter_starts[n]`` on: how many quarters of an hour after ``first``, for each time that a product is named.
    """

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._batch = batch

    @classmethod
    def of_days(cls, rows: pa.Table) -> Named:
        """Of the answer to :func:`named_of_days`."""
        day, last = rows["day"].to_numpy(), rows["last"].to_numpy()
        heads = np.flatnonzero(np.concatenate(([len(day) > 0], day[1:] != day[:-1])))
        starts = np.append(heads, len(day))
        products = _encoded(rows["product"])
        amounts = pc.list_value_length(rows["quarters"]).to_numpy()
        # In order within each row, which the engine takes longer for.
        quarters = np.repeat(np.arange(len(amounts)) * WIDTH, amounts) + pc.list_flatten(rows["quarters"]).to_numpy()
        quarters.sort()
        return cls._put(
            rows["first"].to_numpy()[heads],
            np.maximum.reduceat(last, heads) if len(heads) else last,
            starts,
            products.indices.to_numpy(),
            amounts,
            products.dictionary,
            np.concatenate(([0], np.cumsum(amounts)))[starts],
            (quarters % WIDTH).astype(np.uint8),
        )

    @classmethod
    def of_bars(cls, rows: pa.Table, bars: np.ndarray, starts: np.ndarray) -> Named:
        """Of rows with ``product`` and ``records``, and the bar of each, which becomes its span; bars have ``starts``
        (µs)."""
        order = np.argsort(bars, kind="stable")
        there, heads = np.unique(bars[order], return_index=True)
        products, amounts = _encoded(rows["product"]), rows["records"].to_numpy()[order]
        codes = products.indices.to_numpy()[order]
        moments, heads = starts[there], np.append(heads, len(bars))
        nothing = np.zeros(len(heads), np.int32)
        return cls._put(moments, moments, heads, codes, amounts, products.dictionary, nothing, np.empty(0, np.uint8))

    @classmethod
    def _put(
        cls,
        first: np.ndarray,
        last: np.ndarray,
        starts: np.ndarray,
        codes: np.ndarray,
        amounts: np.ndarray,
        products: pa.Array,
        quarter_starts: np.ndarray,
        quarters: np.ndarray,
    ) -> Named:
        places = pa.array(starts, pa.int32())
        arrays = [
            pa.array(first),
            pa.array(last),
            pa.ListArray.from_arrays(places, pa.DictionaryArray.from_arrays(pa.array(codes), products)),
            pa.ListArray.from_arrays(places, pa.array(amounts).cast(pa.int32())),
            pa.ListArray.from_arrays(pa.array(quarter_starts, pa.int32()), pa.array(quarters)),
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
    def first(self) -> np.ndarray:
        return _numbers(self._batch["first"])

    @cached_property
    def last(self) -> np.ndarray:
        return _numbers(self._batch["last"])

    @cached_property
    def starts(self) -> np.ndarray:
        return _numbers(self._batch["products"].offsets)

    @cached_property
    def codes(self) -> np.ndarray:
        return _numbers(self._batch["products"].values.indices)

    @cached_property
    def amounts(self) -> np.ndarray:
        return _numbers(self._batch["amounts"].values)

    @cached_property
    def products(self) -> pa.Array:
        return self._batch["products"].values.dictionary

    @cached_property
    def quarter_starts(self) -> np.ndarray:
        return _numbers(self._batch["quarters"].offsets)

    @cached_property
    def quarters(self) -> np.ndarray:
        return _numbers(self._batch["quarters"].values)


def _encoded(column: pa.ChunkedArray) -> Any:
    return column.dictionary_encode().combine_chunks().cast(_PRODUCT)


def _numbers(column: pa.Array) -> np.ndarray:
    numbers: np.ndarray = column.to_numpy(zero_copy_only=True)
    return numbers
