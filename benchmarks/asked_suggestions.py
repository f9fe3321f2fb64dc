"""Suggestions of the filter bar, asked of both engines: pages that contain a text, with the records of each."""

from __future__ import annotations

from interactions.analytics.filters import Filter
from interactions.analytics.index.run import Index
from interactions.analytics.reports.suggestions import suggestions

_TEXT = "/p/1"
_MOST = 20


def dojo(index: Index, filter: Filter) -> list[list[str | int]]:
    """``[page, records]`` of the 20 most frequent pages with /p/1 in their address."""
    rows = suggestions(index, filter, "page_url", _TEXT, _MOST)
    rows = rows[~rows["is_other"]]
    return [[page, int(records)] for page, records in zip(rows["value"], rows["records"], strict=True)]


def clickhouse(condition: str) -> str:
    """The same as SQL."""
    return f"""select cutQueryStringAndFragment(page_url) as page, count() as records from bench.event
        where {condition} and page <> '' and positionCaseInsensitive(page, '{_TEXT}') > 0
        group by page order by records desc, page limit {_MOST}"""
