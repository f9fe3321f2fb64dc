"""Searches, and how many of them are followed by a click or view."""

from __future__ import annotations

from typing import Final

import ibis
from ibis import _

from interactions.analytics.filters import Filter
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.people import PERSON, with_person

FOLLOWS: Final = ("click", "product_detail_page_view")
WITHIN: Final = 5 * 60 * 1_000_000  # µs from the search on, both ends included


def searches(data: DataSet, filter: Filter) -> ibis.Table:
    """``keywords, searches, followed``: the number of searches, and of those after which the same person clicked or
    viewed a product within 5 minutes.

    The filter applies to the search; the following record can be any in the data set.
    """
    columns = (*PERSON, "at", "keywords", "is_search")
    asked = with_person(data.within(filter), data).filter(_.type == "search", _.keywords.notnull())
    after = with_person(data.visible, data).filter(_.type.isin(FOLLOWS), _.person.notnull())
    rows = ibis.union(
        asked.mutate(is_search=ibis.literal(True)).select(columns),
        after.mutate(is_search=ibis.literal(False), keywords=ibis.null("string")).select(columns),
    )
    ahead = ibis.window(group_by=list(PERSON), order_by="at", range=(0, None))  # with records of the same time
    after_at = ibis.ifelse(rows.is_search, ibis.null("int64"), rows.at)
    rows = rows.mutate(next=after_at.min().over(ahead)).filter(_.is_search)
    is_followed = (rows.next - rows.at <= WITHIN).fill_null(False)
    return rows.group_by("keywords").agg(searches=rows.count(), followed=is_followed.cast("int64").sum())
