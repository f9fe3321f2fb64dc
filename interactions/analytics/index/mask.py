"""Turn a filter into a mask per run: a byte per event, 1 for those that pass.

Each condition becomes a table of allowed codes, or a few numbers, so all conditions cost about the same. A new field is
a new case in :func:`_narrowing`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.conditions import CUSTOM, Condition, Value
from interactions.analytics.devices import device_of
from interactions.analytics.filters import Filter
from interactions.analytics.index import custom_keys
from interactions.analytics.index.passes import masks
from interactions.analytics.index.results import results_of
from interactions.analytics.index.run import ASSISTED, TYPE_BITS, Index, Run
from interactions.analytics.index.threads import in_threads
from interactions.contract.schema import TYPES
from interactions.contract.tombstones import microseconds

_EARLIEST: Final = np.iinfo(np.int64).min
_LATEST: Final = np.iinfo(np.int64).max
_NO_VALUE: Final = np.zeros(1, bool)  # the first entry of the tables of codes, for events without a value
_KINDS: Final = np.arange(256)


Narrow = Callable[[Run, slice, np.ndarray], None]
"""Clears events that don't meet a condition in the mask of a slice of a run's events."""

_IDS: Final = {"user_id": "user_key", "anonymous_id": "anonymous_key"}
_PEOPLE: Final = {"user_key": ("user", 1), "anonymous_key": ("visitor", 2)}
_LIVE: Final = np.zeros(1, np.int64)  # not the id of any import


def masks_of(index: Index, filter: Filter, cores: int) -> list[np.ndarray | None]:
    """The mask of each run (uint8), or None if everything passes."""
    period = filter.period
    narrows = [_narrowing(index, condition) for condition in filter.conditions]
    if filter.has_types:
        narrows.append(_by_kind(np.isin(_KINDS & TYPE_BITS, [TYPES.index(name) for name in filter.all_types])))
    since = microseconds(period.start) if period.start else _EARLIEST
    until = microseconds(period.end) if period.end else _LATEST
    if since > index.first or until <= index.last:
        narrows.append(lambda run, part, mask: masks.by_time(run.at[part], since, until, mask))
    if not narrows:
        return [None] * len(index.runs)
    return [_mask_of(run, narrows, cores) for run in index.runs]


def _mask_of(run: Run, narrows: Sequence[Narrow], cores: int) -> np.ndarray:
    mask = np.empty(len(run), np.uint8)

    def work(part: slice) -> None:
        mask[part] = 1
        for narrow in narrows:
            narrow(run, part, mask[part])

    in_threads(work, _slices(run, cores))
    return mask


def _slices(run: Run, cores: int) -> list[slice]:
    edges = np.linspace(0, len(run), cores + 1).astype(np.int64).tolist()
    return [slice(start, end) for start, end in pairwise(edges)]


def _narrowing(index: Index, condition: Condition) -> Narrow:
    field, values, is_wanted = condition.field, condition.values, not condition.is_not
    match field:
        case "is_assisted":
            return _by_kind(np.isin(_KINDS & ASSISTED > 0, values) == is_wanted)
        case "is_live":
            if len(set(values)) > 1:  # both
                return _by_kind(np.full(len(_KINDS), is_wanted))
            return _by_number("source", _LIVE, bool(values[0]) == is_wanted)
        case "import_id":
            return _by_number("source", np.array(values, np.int64), is_wanted)
        case "miso_id":
            return _by_number("result", results_of(pa.array(values, pa.string())), is_wanted)
        case "user_id" | "anonymous_id":
            return _by_person(index, _IDS[field], [_key(str(identifier)) for identifier in values], is_wanted)
        case "user_key" | "anonymous_key":
            return _by_person(index, field, values, is_wanted)
        case "device":
            devices = [device_of(agent) in values for agent in (None, *index.texts.agent.to_pylist())]
            return _by_table("agent", np.array(devices) == is_wanted)
        case "page_contains":
            return _by_code("page", _containing(index.texts.page, values), is_wanted)
        case _ if field.startswith(CUSTOM):
            custom_keys.require(index.environment, index.custom_keys, field.removeprefix(CUSTOM))
            return _by_list("custom_starts", "customs", _customs(index, condition), is_wanted)
        case "product_id":
            return _by_list("product_starts", "products", _among(index.texts.product, values), is_wanted)
        case "category":
            return _by_list("category_starts", "categories", _among(index.texts.category, values), is_wanted)
        case "campaign_source" | "campaign_medium" | "campaign_name":
            part = pc.struct_field(index.texts.campaign, field.removeprefix("campaign_"))
            return _by_code("campaign", _among(part, values), is_wanted)
        case _:
            return _by_code(field, _among(getattr(index.texts, field), values), is_wanted)


def _customs(index: Index, condition: Condition) -> np.ndarray:
    """Which values of custom_context, by code, have the condition's key and one of its values."""
    keys, values = (pc.struct_field(index.texts.custom, name) for name in ("key", "value"))
    is_of_key = _flags(pc.fill_null(pc.equal(keys, condition.field.removeprefix(CUSTOM)), False))
    found: np.ndarray = is_of_key & _among(values, condition.values)
    return found


def _by_person(index: Index, field: str, keys: Sequence[Value], is_wanted: bool) -> Narrow:
    column, bit = _PEOPLE[field]
    theirs = np.isin(getattr(index.pairs, column), np.array(keys, np.int64)) & (index.pairs.has & bit > 0)
    return _by_code("pair", theirs, is_wanted)


def _by_kind(allowed: np.ndarray) -> Narrow:
    table = allowed.astype(np.uint8)
    return lambda run, part, mask: masks.by_kind(run.kind[part], table, mask)


def _by_number(column: str, values: np.ndarray, is_wanted: bool) -> Narrow:
    return lambda run, part, mask: masks.by_number(getattr(run, column)[part], values, int(is_wanted), mask)


def _by_code(column: str, named: np.ndarray, is_wanted: bool) -> Narrow:
    return _by_table(column, np.concatenate((_NO_VALUE, named)) == is_wanted)


def _by_table(column: str, allowed: np.ndarray) -> Narrow:
    table = allowed.astype(np.uint8)
    return lambda run, part, mask: masks.by_code(getattr(run, column)[part], table, mask)


def _by_list(starts: str, codes: str, named: np.ndarray, is_wanted: bool) -> Narrow:
    table = np.concatenate((_NO_VALUE, named)).astype(np.uint8)

    def narrow(run: Run, part: slice, mask: np.ndarray) -> None:
        masks.by_list(getattr(run, starts), getattr(run, codes), part.start, table, int(is_wanted), mask)

    return narrow


def _among(texts: pa.ChunkedArray, values: Sequence[Value]) -> np.ndarray:
    """Which texts, by code, are one of the values."""
    return _flags(pc.is_in(texts, value_set=pa.array(values, pa.string())))


def _containing(texts: pa.ChunkedArray, values: Sequence[Value]) -> np.ndarray:
    """Which texts, by code, contain one of the values, ignoring case."""
    lowered = pc.utf8_lower(texts)
    found = np.zeros(len(texts), bool)
    for value in pc.utf8_lower(pa.array(values, pa.string())).to_pylist():
        found |= _flags(pc.fill_null(pc.match_substring(lowered, value), False))
    return found


def _flags(found: pa.ChunkedArray | pa.Array) -> np.ndarray:
    flags: np.ndarray = np.asarray(found.to_numpy(zero_copy_only=False), bool)
    return flags


def _key(identifier: str) -> int:
    from interactions import identity  # reads the key's checksum from the database

    return identity.keyring().key(identifier)
