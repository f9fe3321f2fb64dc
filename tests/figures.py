"""The questions of the pages, asked of an environment by its slug, as its table is at this moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from interactions.analytics.data_sets import up_to_date
from interactions.analytics.index.run import Index
from interactions.analytics.reports import (
    attribution,
    breakdowns,
    data_quality,
    overview,
    timeseries,
)
from interactions.analytics.reports import audience as _audience
from interactions.analytics.reports import funnel as _funnel
from interactions.analytics.reports import links as _links
from interactions.analytics.reports import reach as _reach
from interactions.analytics.reports import totals as _totals
from interactions.analytics.reports.totals import EVERYTHING as EVERYTHING
from interactions.analytics.reports.totals import Totals as Totals
from interactions.analytics.reports.totals import by_group as by_group

Given = ParamSpec("Given")
Found = TypeVar("Found")


def _of(question: Callable[Concatenate[Index, Given], Found]) -> Callable[Concatenate[str, Given], Found]:
    def asked(environment: str, *args: Given.args, **kwargs: Given.kwargs) -> Found:
        return question(up_to_date(environment), *args, **kwargs)

    return asked


totals = _of(_totals.totals)
compared = _of(_totals.compared)
by_type = _of(_totals.by_type)
count = _of(_totals.count)
has_records = _of(_totals.has_records)
users = _of(_totals.users)
products = _of(_totals.products)
over_time = _of(timeseries.over_time)
sparklines = _of(timeseries.sparklines)
rhythm = _of(timeseries.rhythm)
funnel = _of(_funnel.funnel)
top = _of(breakdowns.top)
top_named = _of(breakdowns.top_named)
assisted = _of(attribution.assisted)
assisted_over_time = _of(attribution.assisted_over_time)
measure = _of(data_quality.measure)
added = _of(overview.added)
first_look = _of(overview.first_look)
reach = _of(_reach.reach)
audience = _of(_audience.audience)
links = _of(_links.links)
ambiguous = _of(_links.ambiguous)
