"""The values of a field, numbered in the order of their names, so that passes can put events of one moment in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.index import custom_keys
from interactions.analytics.index.devices import DEVICES, all_devices
from interactions.analytics.index.run import NONE, TYPE_BITS, Index, Run
from interactions.analytics.index.shares import locked
from interactions.analytics.step_fields import PARTS_OF_CAMPAIGN, StepField, SteppedField, key_of
from interactions.contract.schema import TYPES

_QUERY: Final = r"(?s)[?#].*$"
_KINDS: Final = 256
_NO_STARTS: Final = locked(np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class NumberedValues:
    """The distinct values of a field, ``names``, ascending. The value of an event is the one with the number
    ``numbers[code + shift]`` (int32, -1 for no value), where its ``code`` is in the run's ``column``.

    If there are ``starts``, the name of another column, event ``e`` has the codes from ``starts[e]`` to
    ``starts[e + 1]``.
    """

    column: str
    shift: int
    numbers: np.ndarray
    names: pa.Array
    starts: str = ""

    def codes(self, run: Run) -> tuple[np.ndarray, np.ndarray]:
        """The starts of a run, empty without any, and its codes."""
        return getattr(run, self.starts) if self.starts else _NO_STARTS, getattr(run, self.column)

    def place(self, name: str) -> int | None:
        """The number of a value; None if no event can have it."""
        found: int = pc.index(self.names, name).as_py()
        return None if found < 0 else found


def numbered_values(index: Index, field: SteppedField) -> NumberedValues:
    """The values of ``field`` in the whole index. Raises KeyBeingIndexed."""
    match field:
        case StepField.TYPE:
            return _of_types()
        case StepField.PAGE:
            return _of_texts("page", pc.replace_substring_regex(index.texts.page, _QUERY, ""))
        case StepField.DEVICE:
            return _numbered("agent", DEVICES.take(pa.array(all_devices(index))))
        case StepField.PRODUCT:
            return replace(_of_texts("products", index.texts.product), starts="product_starts")
        case StepField.CATEGORY:
            return replace(_of_texts("categories", index.texts.category), starts="category_starts")
        case StepField():
            if field in PARTS_OF_CAMPAIGN:
                return _of_texts("campaign", pc.struct_field(index.texts.campaign, PARTS_OF_CAMPAIGN[field]))
            return _of_texts(field.value, getattr(index.texts, field.value))
        case _:
            return _of_key(index, key_of(field))


def _of_key(index: Index, key: str) -> NumberedValues:
    custom_keys.require(index.environment, index.custom_keys, key)
    keys, values = (pc.struct_field(index.texts.custom, name) for name in ("key", "value"))
    values = pc.if_else(pc.fill_null(pc.equal(keys, key), False), values, None)
    return replace(_of_texts("customs", values), starts="custom_starts")


def _of_types() -> NumberedValues:
    names = sorted(TYPES)
    numbers = np.full(_KINDS, NONE, np.int32)
    for kind in range(_KINDS):
        if kind & TYPE_BITS < len(TYPES):
            numbers[kind] = names.index(TYPES[kind & TYPE_BITS])
    return NumberedValues("kind", 0, numbers, pa.array(names, pa.string()))


def _of_texts(column: str, texts: pa.ChunkedArray) -> NumberedValues:
    return _numbered(column, pa.concat_arrays([pa.nulls(1, pa.string()), *texts.cast(pa.string()).chunks]))


def _numbered(column: str, values: pa.Array) -> NumberedValues:
    """``values`` are those of the codes, the first of events without a code."""
    encoded = values.dictionary_encode()
    order = pc.array_sort_indices(encoded.dictionary).to_numpy()
    ranks = np.empty(len(order) + 1, np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    ranks[-1] = NONE
    numbers = ranks[encoded.indices.fill_null(len(order)).to_numpy()]
    return NumberedValues(column, 1, numbers, encoded.dictionary.take(pa.array(order)))


def names_of(values: NumberedValues, places: Sequence[int]) -> tuple[str, ...]:
    """The names of some numbers."""
    return tuple(values.names.take(pa.array(places, pa.int64())).to_pylist())
