"""How many events have each value of a field that can be filtered by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.conditions import CUSTOM
from interactions.analytics.index.devices import DEVICES, devices_of
from interactions.analytics.index.figures.products import named_products
from interactions.analytics.index.figures.values import categories_of
from interactions.analytics.index.filtered import FilteredIndex, summed
from interactions.analytics.index.mask import QUERY
from interactions.analytics.index.passes import occurrences, values
from interactions.analytics.index.shares import Share

_CAMPAIGN: Final = "campaign_"


@dataclass(frozen=True, slots=True, eq=False)
class Occurrences:
    """Distinct ``texts``, and the number of events that have each (int64): 0 for those that occur nowhere."""

    texts: pa.ChunkedArray
    events: np.ndarray


def occurrences_of(filtered: FilteredIndex, field: str) -> Occurrences:
    """The values of a field: product_id, category, keywords, locale, region, device, page_url, referrer, result_type, a
    part of the campaign, or a key of custom_context that is indexed. Raises ValueError for any other."""
    found: Occurrences = filtered.once(f"occurrences of {field}", lambda: _occurrences(filtered, field))
    return found


def _occurrences(filtered: FilteredIndex, field: str) -> Occurrences:
    texts = filtered.index.texts
    match field:
        case "product_id":
            return Occurrences(texts.product, named_products(filtered))
        case "category":
            return Occurrences(texts.category, categories_of(filtered))
        case "keywords" | "locale" | "region" | "referrer" | "result_type":
            return Occurrences(getattr(texts, field), _by_code(filtered, field)[1:])
        case "device":
            return _devices(filtered)
        case "page_url":
            return _merged(
                texts.page, _by_code(filtered, "page")[1:], lambda urls: pc.replace_substring_regex(urls, QUERY, "")
            )
        case "campaign_source" | "campaign_medium" | "campaign_name" | "campaign_term" | "campaign_content":
            part = field.removeprefix(_CAMPAIGN)
            return _merged(texts.campaign, _by_code(filtered, "campaign")[1:], lambda each: pc.struct_field(each, part))
        case _ if field.startswith(CUSTOM):
            return _customs(filtered, field.removeprefix(CUSTOM))
        case _:
            raise ValueError(f"The values of {field} can't be counted.")


def _by_code(filtered: FilteredIndex, column: str) -> np.ndarray:
    """The number of events by code, int64[codes + 1], the first for no value."""
    size = len(getattr(filtered.index.texts, column)) + 1

    def walk(found: np.ndarray, share: Share) -> None:
        occurrences.count_codes(*share.people, getattr(share.run, column), found)

    return summed(filtered.over(lambda: np.zeros(size, np.int64), walk))


def _merged(
    texts: pa.ChunkedArray, events: np.ndarray, value: Callable[[pa.ChunkedArray], pa.ChunkedArray]
) -> Occurrences:
    """Several codes can have the same ``value``."""
    there = np.flatnonzero(events)
    encoded = value(texts.take(pa.array(there))).combine_chunks().dictionary_encode()
    has = encoded.is_valid().to_numpy(zero_copy_only=False)
    codes = encoded.indices.drop_null().to_numpy()
    counts = np.zeros(len(encoded.dictionary), np.int64)
    np.add.at(counts, codes, events[there][has])
    return Occurrences(pa.chunked_array([encoded.dictionary]), counts)


def _devices(filtered: FilteredIndex) -> Occurrences:
    events = _by_code(filtered, "agent")
    there = np.flatnonzero(events)
    counts = np.zeros(len(DEVICES), np.int64)
    np.add.at(counts, devices_of(filtered.index, there), events[there])
    return Occurrences(pa.chunked_array([DEVICES]), counts)


def _customs(filtered: FilteredIndex, key: str) -> Occurrences:
    texts = filtered.index.texts.custom
    counts = filtered.once("customs", lambda: _by_custom(filtered))
    is_of_key = pc.fill_null(pc.equal(pc.struct_field(texts, "key"), key), False).to_numpy()
    return Occurrences(pc.struct_field(texts, "value"), np.where(is_of_key, counts, 0))


def _by_custom(filtered: FilteredIndex) -> np.ndarray:
    """The number of events by code of a key and its value. An event has a key once."""

    def walk(found: np.ndarray, share: Share) -> None:
        values.count_categories(*share.people, share.run.custom_starts, share.run.customs, found)

    return summed(filtered.over(lambda: np.zeros(len(filtered.index.texts.custom), np.int64), walk))
