"""The values of a field that occur, as suggestions for a filter."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.conditions import CUSTOM
from interactions.analytics.filters import Filter
from interactions.analytics.index import custom_keys
from interactions.analytics.index.figures.occurrences import Occurrences, occurrences_of
from interactions.analytics.index.filtered import filtered
from interactions.analytics.index.run import Index
from interactions.analytics.question import question
from interactions.analytics.reports.ranking import Groups, ranked

SUGGESTED: Final = (
    *("product_id", "keywords", "category", "campaign_source", "campaign_medium", "campaign_name", "campaign_term"),
    *("campaign_content", "page_url", "referrer", "locale", "region", "device", "result_type"),
)
"""Fields with suggestions, besides keys of custom_context."""


@question
def suggestions(index: Index, filter: Filter, field: str, text: str = "", limit: int = 20) -> pd.DataFrame:
    """``value, records, is_other``: the values of ``field`` that contain ``text``, most records first.

    Case doesn't matter, and empty values are left out. If there are more than ``limit``, a last row has the sum of all
    others, with None as the value. ``attrs["size"]`` is the number of values that contain the text. Raises ValueError
    for a field that isn't in SUGGESTED, KeyBeingIndexed for a key of custom_context that the index doesn't have yet.
    """
    if field.startswith(CUSTOM):
        custom_keys.require(index.environment, index.custom_keys, field.removeprefix(CUSTOM))
    elif field not in SUGGESTED:
        raise ValueError(f"There are no suggestions for {field}.")
    seen = filtered(index, filter)
    key = ("suggestions", field, text, limit)
    return seen.once(key, lambda: _matching(occurrences_of(seen, field), text, limit)).copy()


def _matching(found: Occurrences, text: str, limit: int) -> pd.DataFrame:
    there = np.flatnonzero(found.events)
    texts = found.texts.take(pa.array(there))
    matches = pc.greater(pc.binary_length(texts), 0)
    if text:
        part = pc.utf8_lower(pa.scalar(text)).as_py()
        matches = pc.and_(matches, pc.match_substring(pc.utf8_lower(texts), part))
    there = there[pc.fill_null(matches, False).to_numpy()]
    groups = Groups({"value": found.texts}, there, {"records": found.events[there]})
    return ranked(groups, limit, lambda columns, _: columns)
