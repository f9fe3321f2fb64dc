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
from interactions.queries.following import FOLLOWS, WITHIN
from interactions.queries.kinds import SEARCHES, VISITS, quarter_of
from interactions.queries.measures import is_summary
from interactions.queries.period import Period
from interactions.queries.person import LINKS, with_person
from interactions.queries.spans import each_moment, not_before, span
from interactions.queries.summaries import Over

_WITHIN_US: Final = WITHIN // timedelta(microseconds=1)
_QUARTER: Final = timedelta(minutes=15)
_LATEST: Final = datetime.max.replace(tzinfo=UTC)


def searches(filter: Filter) -> Question:
    """``keywords, searches, followed``: after how many the same person did one of FOLLOWS WITHIN the time.

    The filter is about the search; what follows is looked for in the whole data set.
    """

    def collect(rows: ibis.Table, others: ibis.Table, links: pa.Table) -> ibis.Table:
        rows = _searches(rows)
        follows = _follows(others if is_summary(others) else filter.period_of(others, longer=WITHIN), links)
        both = _near(_open(rows, links)).join(follows, ["person", "quarter"])
        both = both.filter(both.until >= both.searched_at)
        both = both.filter(not_before(both, both.searched_at) - both.searched_at <= _WITHIN_US)
        more = both.group_by("person", "keywords", "searched_at").agg(count=both["count"].max())
        more = more.group_by("keywords").agg(more=_["count"].sum())
        found = rows.group_by("keywords").agg(
            searches=_.records.sum(), known=_.records.sum(where=_.is_followed).fill_null(0)
        )
        found = found.left_join(more, "keywords")
        return found.select("keywords", "searches", followed=found.known + found.more.fill_null(0))

    beside = Over(VISITS, Filter(_longer(filter.period), types=FOLLOWS))
    return about(filter, "searches", collect, needs=(LINKS,), whole=True, over=SEARCHES, beside=beside)


def _longer(period: Period) -> Period:
    """Until after what may follow: by a whole quarter, as summaries have."""
    if period.end is None or period.end > _LATEST - _QUARTER:
        return Period(period.start)
    return Period(period.start, period.end + _QUARTER)


def _searches(rows: ibis.Table) -> ibis.Table:
    """Searches for words as SEARCHES has them, though of interactions themselves nothing is known yet."""
    if is_summary(rows):
        return rows
    rows = rows.filter(rows.type == "search", rows.keywords.notnull())
    return rows.mutate(records=1, last=rows.timestamp, is_followed=ibis.literal(False))


def _open(rows: ibis.Table, links: pa.Table) -> ibis.Table:
    """``person, keywords, searched_at, count`` of those not known to be followed: equal ones of one moment together."""
    rows = rows.filter(~rows.is_followed)
    rows = rows.select("user_key", "anonymous_key", "keywords", **span(rows), several=rows.records)
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
    return rows.select("person", "at", "until", quarter=quarter_of(rows.at))
