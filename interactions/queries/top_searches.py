"""What is searched for, and which searches lead to something."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import ibis
import pyarrow as pa
from ibis import _

from interactions.queries.answers import Question
from interactions.queries.asking import about
from interactions.queries.engine import epoch_us
from interactions.queries.filter import Filter
from interactions.queries.person import LINKS, with_person

FOLLOWS: Final = ("click", "product_detail_page_view")
WITHIN: Final = timedelta(minutes=5)  # from the search on, both ends inside

_NEEDED: Final = ("type", "timestamp", "user_key", "anonymous_key", "keywords")


def searches(filter: Filter) -> Question:
    """``keywords, searches, followed``: after how many the same person did one of FOLLOWS WITHIN the time.

    The filter is about the search; what follows is looked for in the whole data set.
    """

    def collect(rows: ibis.Table, table: ibis.Table, links: pa.Table) -> ibis.Table:
        searched = rows.filter(rows.type == "search", rows.keywords.notnull()).select(_NEEDED)
        searched = with_person(searched, links)
        searched = searched.select("keywords", "person", at=epoch_us(searched.timestamp))
        follows = filter.period_of(table.filter(table.type.isin(FOLLOWS)), longer=WITHIN).select(_NEEDED)
        follows = with_person(follows, links)
        follows = follows.select(whose=follows.person, then=epoch_us(follows.timestamp))
        # The first one at or after each search.
        both = searched.asof_join(follows, searched.at <= follows.then, searched.person == follows.whose)
        followed = (both.then - both.at <= WITHIN // timedelta(microseconds=1)).fill_null(False)
        return both.group_by("keywords").agg(searches=_.count(), followed=both.count(where=followed))

    return about(filter, "searches", collect, needs=(LINKS,), whole=True)
