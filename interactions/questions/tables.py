"""Reports as tables, whose columns have the names that pages use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Final

import pandas as pd

from interactions.analytics.filters import Filter
from interactions.analytics.reports import timeseries, totals
from interactions.analytics.reports.attribution import assisted, assisted_over_time
from interactions.analytics.reports.breakdowns import Subject, top, top_named
from interactions.analytics.reports.funnel import funnel
from interactions.questions.names import MOST_ROWS
from interactions.questions.question import ReportQuestion

_WORDS: Final = {
    "conversions": "goals",
    "conversions_assisted": "goals_assisted",
    "conversion": "buy_rate",
    "revenue": "gross_revenue",
    "revenue_assisted": "gross_revenue_assisted",
}
_NOTHING: Final = {
    **dict.fromkeys(("interactions", "people", "users", "anonymous", "sessions", "products", "searches"), 0),
    **dict.fromkeys(("conversions", "revenue"), 0),
    **dict.fromkeys(("first", "last"), None),
}

Table = Callable[[ReportQuestion], pd.DataFrame]


def table_of(question: ReportQuestion, name: str) -> pd.DataFrame:
    """The report with this name in TABLES.

    In reports over time, the index ``start`` has the bars (UTC); other reports have no index. Names of columns with
    amounts of money begin with ``gross_revenue``. Raises KeyError for an unknown name.
    """
    return TABLES[name](question).rename(columns=_WORDS)


def before(question: ReportQuestion, name: str) -> pd.DataFrame | None:
    """The same report, one of COMPARED, for the previous period; None if there is no previous period."""
    if question.before is None:
        return None
    return COMPARED[name](question, question.before).rename(columns=_WORDS)


def ranking(question: ReportQuestion, subject: Subject, limit: int = MOST_ROWS) -> pd.DataFrame:
    """The top of a subject, with the column ``is_other`` of :func:`top`."""
    return ranked(question, subject, limit)[0].rename(columns=_WORDS)


def ranked(question: ReportQuestion, subject: Subject, limit: int) -> tuple[pd.DataFrame, bool]:
    """The top of a subject; and whether it's products by the records that name them, as nobody did anything to any."""
    frame = top(question.engine, question.filter, subject, limit)
    if frame.empty and subject is Subject.PRODUCTS:
        return top_named(question.engine, question.filter, limit), True
    return frame, False


def _totals(question: ReportQuestion, filter: Filter) -> pd.DataFrame:
    found = totals.totals(question.engine, filter)
    return pd.DataFrame([asdict(found) if found else _NOTHING])


def _by_type(question: ReportQuestion, filter: Filter) -> pd.DataFrame:
    types = question.types if filter is question.filter else totals.by_type(question.engine, filter)
    return types[["type", "group", "records", "share"]]


def _by_group(question: ReportQuestion, filter: Filter) -> pd.DataFrame:
    return totals.by_group(question.types if filter is question.filter else totals.by_type(question.engine, filter))


def _totals_over_time(question: ReportQuestion) -> pd.DataFrame:
    return timeseries.sparklines(question.engine, question.filter, question.unit, question.zone)


def _rhythm(question: ReportQuestion) -> pd.DataFrame:
    frame = timeseries.rhythm(question.engine, question.filter, question.zone)
    frame.columns = pd.Index([f"{hour:02}:00" for hour in frame.columns])
    return frame.rename_axis("day").reset_index()


def _funnel(question: ReportQuestion) -> pd.DataFrame:
    return funnel(question.engine, question.filter, question.choice.funnel(set(question.types["type"])))


def _assisted(question: ReportQuestion) -> pd.DataFrame:
    return assisted(question.engine, question.filter).types


def _assisted_totals(question: ReportQuestion) -> pd.DataFrame:
    found = assisted(question.engine, question.filter)
    row = {name: value for name, value in asdict(found).items() if name != "types"}
    return pd.DataFrame([{**row, "share": found.share}])


def _assisted_over_time(question: ReportQuestion) -> pd.DataFrame:
    return assisted_over_time(question.engine, question.filter, question.unit, question.zone)


COMPARED: Final[dict[str, Callable[[ReportQuestion, Filter], pd.DataFrame]]] = {
    "totals": _totals,
    "by_type": _by_type,
    "by_group": _by_group,
}


def _now(name: str, question: ReportQuestion) -> pd.DataFrame:
    return COMPARED[name](question, question.filter)


TABLES: Final[dict[str, Table]] = {
    **{name: partial(_now, name) for name in COMPARED},
    "totals_over_time": _totals_over_time,
    "over_time": ReportQuestion.over_time,
    "rhythm": _rhythm,
    "funnel": _funnel,
    "assisted": _assisted,
    "assisted_totals": _assisted_totals,
    "assisted_over_time": _assisted_over_time,
    **{subject.value: partial(ranking, subject=subject) for subject in Subject},
}
