"""The values that events have of a property, as groups of codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.conditions import CUSTOM
from interactions.analytics.index import custom_keys
from interactions.analytics.index.devices import DEVICES, all_devices
from interactions.analytics.index.filtered import FilteredIndex
from interactions.analytics.index.run import ASSISTED, TYPE_BITS, Index, Run
from interactions.contract.schema import GROUP_OF, TYPES

YES_NO: Final = ("yes", "no")
ORIGINS: Final = ("import", "live")
_QUERY: Final = r"(?s)[?#].*$"
_KINDS: Final = np.arange(256)
_NO_STARTS: Final = np.zeros(0, np.int64)
_NO_STARTS.setflags(write=False)

Column = Callable[[Run], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True, eq=False)
class ValueCodes:
    """A property's values. ``column`` gives a run's ``starts`` and ``codes``, as ``passes.breakdown`` describes them.

    ``table`` (int32[codes + 1]) has each code's group, the first entry is for no value. Group 0 is of events without a
    value, and ``names[g - 1]`` is the value of group ``g``. If ``is_divided``, they're products: the revenue of a
    checkout is divided among them.
    """

    column: Column
    table: np.ndarray
    names: pa.Array
    is_divided: bool = False

    @property
    def groups(self) -> int:
        """The number of groups, including 0."""
        return len(self.names) + 1

    def merged(self, groups: np.ndarray, names: pa.Array) -> ValueCodes:
        """Coarser groups: what was in group ``g`` is in ``groups[g]`` (int32[groups])."""
        return replace(self, table=groups[self.table], names=names)


def codes_of(seen: FilteredIndex, by: str) -> ValueCodes:
    """The values of a property, one of ``properties.PROPERTIES`` or a key of custom_context. Raises KeyBeingIndexed."""
    return seen.once(("codes", by), lambda: _codes(seen.index, by))


def _codes(index: Index, by: str) -> ValueCodes:
    texts = index.texts
    match by:
        case "type":
            return _by_kind(np.minimum(_KINDS & TYPE_BITS, len(TYPES) - 1), TYPES)
        case "group":
            names = tuple(dict.fromkeys(GROUP_OF[name].value for name in TYPES))
            places = np.array([names.index(GROUP_OF[name].value) for name in TYPES])
            return _by_kind(places[np.minimum(_KINDS & TYPE_BITS, len(TYPES) - 1)], names)
        case "assisted":
            return _by_kind(np.where(_KINDS & ASSISTED, 0, 1), YES_NO)
        case "origin":
            return ValueCodes(_origins, np.array([0, 1, 2], np.int32), pa.array(ORIGINS))
        case "signed_in":
            table = np.append(0, np.where(index.pairs.has & 1, 1, 2)).astype(np.int32)
            return ValueCodes(_single("pair"), table, pa.array(YES_NO))
        case "device":
            return ValueCodes(_single("agent"), all_devices(index).astype(np.int32) + 1, DEVICES)
        case "source" | "medium" | "campaign" | "term" | "content":
            name = "name" if by == "campaign" else by
            return _by_text(_single("campaign"), _whole(pc.struct_field(texts.campaign, name)))
        case "page":
            return _by_text(_single("page"), _without_query(_whole(texts.page)))
        case "product":
            return replace(_by_code(_list("product_starts", "products"), texts.product), is_divided=True)
        case "category":
            return _by_code(_list("category_starts", "categories"), texts.category)
        case _ if by.startswith(CUSTOM):
            key = by.removeprefix(CUSTOM)
            custom_keys.require(index.environment, index.custom_keys, key)
            return _by_text(_list("custom_starts", "customs"), _values_of(index, key))
        case _:
            return _by_code(_single(by), getattr(texts, by))


def _by_kind(places: np.ndarray, names: tuple[str, ...]) -> ValueCodes:
    return ValueCodes(_kinds, np.append(0, places + 1).astype(np.int32), pa.array(names))


def _by_code(column: Column, texts: pa.ChunkedArray) -> ValueCodes:
    """A group for each code."""
    return ValueCodes(column, np.arange(len(texts) + 1, dtype=np.int32), _whole(texts))


def _by_text(column: Column, texts: pa.Array) -> ValueCodes:
    """A group for each different text; none for null."""
    found = texts.dictionary_encode()
    groups = pc.fill_null(pc.add(found.indices.cast(pa.int32()), 1), 0).to_numpy(zero_copy_only=False)
    return ValueCodes(column, np.append(0, groups).astype(np.int32), found.dictionary)


def _values_of(index: Index, key: str) -> pa.Array:
    """The values of a key of custom_context by code; null for those of other keys."""
    keys, values = (_whole(pc.struct_field(index.texts.custom, name)) for name in ("key", "value"))
    return pc.if_else(pc.equal(keys, key), values, None)


def _without_query(urls: pa.Array) -> pa.Array:
    if not pc.any(pc.match_substring_regex(urls, "[?#]")).as_py():
        return urls
    return pc.replace_substring_regex(urls, _QUERY, "")


def _whole(texts: pa.ChunkedArray) -> pa.Array:
    whole = texts.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks or [pa.array([], texts.type)])


def _single(name: str) -> Column:
    return lambda run: (_NO_STARTS, getattr(run, name))


def _list(starts: str, codes: str) -> Column:
    return lambda run: (getattr(run, starts), getattr(run, codes))


def _kinds(run: Run) -> tuple[np.ndarray, np.ndarray]:
    return _NO_STARTS, run.kind


def _origins(run: Run) -> tuple[np.ndarray, np.ndarray]:
    is_live: np.ndarray = (run.source == 0).view(np.uint8)
    is_live.setflags(write=False)
    return _NO_STARTS, is_live
