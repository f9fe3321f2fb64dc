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

from interactions.analytics.cohorts import CohortCondition, CohortDefinition
from interactions.analytics.conditions import CUSTOM, Condition, Value, page_in
from interactions.analytics.filters import Alternative, Filter
from interactions.analytics.index import custom_keys
from interactions.analytics.index.devices import DEVICES, all_devices
from interactions.analytics.index.passes import cohorts, masks
from interactions.analytics.index.results import results_of
from interactions.analytics.index.run import ASSISTED, TYPE_BITS, Index, Run
from interactions.analytics.index.threads import in_threads
from interactions.analytics.periods import Period
from interactions.contract.schema import TYPES
from interactions.contract.tombstones import microseconds

_EVER: Final = (int(np.iinfo(np.int64).min), int(np.iinfo(np.int64).max))
_NO_VALUE: Final = np.zeros(1, bool)  # the first entry of the tables of codes, for events without a value
_KINDS: Final = np.arange(256)


Narrow = Callable[[Run, slice, np.ndarray], None]
"""Clears events that don't meet a condition in the mask of a slice of a run's events."""

Find = Callable[[CohortDefinition], Sequence[np.ndarray]]
"""Finds a byte per person of each run, 1 for those in a cohort."""

_IDS: Final = {"user_id": "user_key", "anonymous_id": "anonymous_key"}
_PEOPLE: Final = {"user_key": ("user", 1), "anonymous_key": ("visitor", 2)}
_LIVE: Final = np.zeros(1, np.int64)  # not the id of any import
QUERY: Final = r"(?s)[?#].*$"
"""What a URL has after the address of the page."""


def masks_of(index: Index, filter: Filter, cores: int, members: Find | None = None) -> list[np.ndarray | None]:
    """The mask of each run (uint8), or None if everything passes.

    Cohorts in ``any_of`` need their ``members``. Those that the whole filter asks for are ignored: see
    :func:`interactions.analytics.index.cohorts.only`.
    """
    narrows = narrows_of(index, filter, members)
    if not narrows:
        return [None] * len(index.runs)
    return [_mask_of(run, narrows, cores) for run in index.runs]


def narrows_of(index: Index, filter: Filter, members: Find | None = None) -> list[Narrow]:
    """What the filter asks of events; nothing if everything passes."""
    narrows = [_narrowing(index, condition) for condition in filter.conditions]
    narrows += [_any_of([_alternative(index, each, members) for each in group]) for group in filter.any_of]
    if filter.has_types:
        narrows.append(_by_kind(np.isin(_KINDS & TYPE_BITS, [TYPES.index(name) for name in filter.all_types])))
    since, until = bounds_of(index, filter.period)
    if (since, until) != _EVER:
        narrows.append(lambda run, part, mask: masks.by_time(run.at[part], since, until, mask))
    return narrows


def bounds_of(index: Index, period: Period) -> tuple[int, int]:
    """The times in µs between which events are in the period, the first included; those of int64 if none is outside."""
    since, until = (bound if bound is None else microseconds(bound) for bound in (period.start, period.end))
    first = _EVER[0] if since is None or since <= index.first else since
    return first, _EVER[1] if until is None or until > index.last else until


def _mask_of(run: Run, narrows: Sequence[Narrow], cores: int) -> np.ndarray:
    mask = np.empty(len(run), np.uint8)

    def work(part: slice) -> None:
        mask[part] = 1
        for narrow in narrows:
            narrow(run, part, mask[part])

    in_threads(work, slices(run, cores))
    return mask


def slices(run: Run, cores: int) -> list[slice]:
    """The events of a run in a slice per core."""
    edges = np.linspace(0, len(run), cores + 1).astype(np.int64).tolist()
    return [slice(start, end) for start, end in pairwise(edges)]


def _any_of(narrows: Sequence[Narrow]) -> Narrow:
    """Clears events that meet none of the conditions."""

    def narrow(run: Run, part: slice, mask: np.ndarray) -> None:
        found, one = np.zeros_like(mask), np.empty_like(mask)
        for each in narrows:
            one[:] = 1
            each(run, part, one)
            found |= one
        mask &= found

    return narrow


def _alternative(index: Index, each: Alternative, members: Find | None) -> Narrow:
    if isinstance(each, Condition):
        return _narrowing(index, each)
    if members is None:
        raise ValueError("The people of a cohort have to be found.")
    return _by_cohort(index, each, members)


def _narrowing(index: Index, condition: Condition) -> Narrow:
    field, values, is_wanted = condition.field, condition.values, not condition.is_not

    def named(texts: pa.ChunkedArray) -> np.ndarray:
        return _containing(texts, values) if condition.contains else _among(texts, values)

    match field:
        case "is_assisted":
            return _by_kind(np.isin(_KINDS & ASSISTED > 0, values) == is_wanted)
        case "is_live":
            if len(set(values)) > 1:  # both
                return _by_kind(np.full(len(_KINDS), is_wanted))
            return _by_number("source", _LIVE, bool(values[0]) == is_wanted)
        case "type":
            return _by_kind(np.isin(_KINDS & TYPE_BITS, [TYPES.index(str(name)) for name in values]) == is_wanted)
        case "import_id":
            return _by_number("source", np.array(values, np.int64), is_wanted)
        case "miso_id":
            return _by_number("result", results_of(pa.array(values, pa.string())), is_wanted)
        case "user_id" | "anonymous_id":
            return _by_person(index, _IDS[field], [_key(str(identifier)) for identifier in values], is_wanted)
        case "user_key" | "anonymous_key":
            return _by_person(index, field, values, is_wanted)
        case "device":
            is_named = np.array([device in values for device in DEVICES.to_pylist()])
            return _by_table("agent", is_named[all_devices(index)] == is_wanted)
        case "page_contains":
            return _by_code("page", _containing(index.texts.page, values), is_wanted)
        case "page_url":
            return _by_code("page", _of_pages(index.texts.page, [page_in(value) for value in values]), is_wanted)
        case _ if field.startswith(CUSTOM):
            custom_keys.require(index.environment, index.custom_keys, field.removeprefix(CUSTOM))
            return _by_list("custom_starts", "customs", _customs(index, condition.field, named), is_wanted)
        case "product_id":
            return _by_list("product_starts", "products", named(index.texts.product), is_wanted)
        case "category":
            return _by_list("category_starts", "categories", named(index.texts.category), is_wanted)
        case "referrer":
            hosts = index.texts.referrer
            found = named(hosts) if condition.contains else _among(hosts, [str(value).lower() for value in values])
            return _by_code(field, found, is_wanted)
        case "campaign_source" | "campaign_medium" | "campaign_name" | "campaign_term" | "campaign_content":
            part = pc.struct_field(index.texts.campaign, field.removeprefix("campaign_"))
            return _by_code("campaign", named(part), is_wanted)
        case _:
            return _by_code(field, named(getattr(index.texts, field)), is_wanted)


def _customs(index: Index, field: str, named: Callable[[pa.ChunkedArray], np.ndarray]) -> np.ndarray:
    """Which values of custom_context, by code, have the field's key and are ``named``."""
    keys, values = (pc.struct_field(index.texts.custom, name) for name in ("key", "value"))
    is_of_key = _flags(pc.fill_null(pc.equal(keys, field.removeprefix(CUSTOM)), False))
    found: np.ndarray = is_of_key & named(values)
    return found


def _by_cohort(index: Index, condition: CohortCondition, members: Find) -> Narrow:
    several, wanted = [members(each) for each in condition.cohorts], int(not condition.is_not)
    flags = {id(run): np.bitwise_or.reduce(found) for run, *found in zip(index.runs, *several, strict=True)}

    def narrow(run: Run, part: slice, mask: np.ndarray) -> None:
        if run.nobody:
            mask &= 1 - wanted
        elif len(mask):
            person = int(np.searchsorted(run.starts, part.start, "right")) - 1
            cohorts.by_person(run.starts, flags[id(run)], person, part.start, wanted, mask)

    return narrow


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


def _of_pages(urls: pa.ChunkedArray, pages: Sequence[str]) -> np.ndarray:
    """Which URLs, by code, are one of the pages without query and fragment."""
    near = np.zeros(len(urls), bool)  # far fewer than all, of which the regular expression would take long
    for page in pages:
        near |= _flags(pc.fill_null(pc.starts_with(urls, page), False))
    places = np.flatnonzero(near)
    near[places] = _among(pc.replace_substring_regex(urls.take(pa.array(places)), QUERY, ""), pages)
    return near


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
