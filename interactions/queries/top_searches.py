"""What is searched for, and which searches lead to something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import ibis
import pyarrow as pa
from ibis import _

from interactions.queries.answers import Question
from interactions.queries.asking import about
from interactions.queries.filter import Filter
from interactions.queries.kinds import SEARCHES, VISITS, quarter_of
from interactions.queries.measures import is_summary
from interactions.queries.period import Period
from interactions.queries.person import LINKS, with_person
from interactions.queries.spans import each_moment, not_before, span
from interactions.queries.summaries import Over

FOLLOWS: Final = ("click", "product_detail_page_view")
WITHIN: Final = timedelta(minutes=5)  # from the search on, both ends inside

_WITHIN_US: Final = WITHIN // timedelta(microseconds=1)
_QUARTER: Final = timedelta(minutes=15)
_LATEST: Final = datetime.max.replace(tzinfo=UTC)


def searches(filter: Filter) -> Question:
    """``keywords, searches, followed``: after how many the same person did one of FOLLOWS WITHIN the time.

    The filter is about the search; what follows is looked for in the whole data set.
    """

    def collect(rows: ibis.Table, others: ibis.Table, links: pa.Table) -> ibis.Table:
        searched = _searched(rows, links)
        follows = _follows(others if is_summary(others) else filter.period_of(others, longer=WITHIN), links)
        both = _near(searched).join(follows, ["person", "quarter"])
        both = both.filter(both.until >= both.searched_at)
        both = both.filter(not_before(both, both.searched_at) - both.searched_at <= _WITHIN_US)
        followed = both.group_by("person", "keywords", "searched_at").agg(count=both["count"].max())
        followed = followed.group_by("keywords").agg(followed=_["count"].sum())
        found = searched.group_by("keywords").agg(searches=_["count"].sum()).left_join(followed, "keywords")
        return found.select("keywords", "searches", followed=found.followed.fill_null(0))

    beside = Over(VISITS, Filter(_longer(filter.period), types=FOLLOWS))
    return about(filter, "searches", collect, needs=(LINKS,), whole=True, over=SEARCHES, beside=beside)


def _longer(period: Period) -> Period:
    """Until after what may follow: by a whole quarter, as summaries have."""
    if period.end is None or period.end > _LATEST - _QUARTER:
        return Period(period.start)
    return Period(period.start, period.end + _QUARTER)


def _searched(rows: ibis.Table, links: pa.Table) -> ibis.Table:
    """``person, keywords, searched_at, count``: equal searches of one moment are counted together."""
    rows = rows if is_summary(rows) else rows.filter(rows.type == "search", rows.keywords.notnull())
    several = rows.records if is_summary(rows) else ibis.literal(1)
    rows = rows.select("user_key", "anonymous_key", "keywords", **span(rows), several=several)
    rows = with_person(rows, links)
    rows = rows.select("person", "keywords", searched_at=each_moment(rows, rows.several))
    return rows.group_by("person", "keywords", "searched_at").agg(count=_.count())


def _near(searched: ibis.Table) -> ibis.Table:
    """``searched`` with ``quarter``: a row for each quarter of an hour in which something may follow."""
    first = quarter_of(searched.searched_at)
    last = quarter_of(searched.searched_at + _WITHIN_US)
    return ibis.union(searched.mutate(quarter=first), searched.filter(first != last).mutate(quarter=last))


def _follows(rows: ibis.Table, links: pa.Table) -> ibis.Table:
    """``person, quarter`` and the span of what may follow."""
    rows = rows.filter(rows.type.isin(FOLLOWS))
    rows = with_person(rows.select("user_key", "anonymous_key", **span(rows)), links)
    return rows.select("person", "at", "until", "moments", quarter=quarter_of(rows.at))
