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
from interactions.analytics.reports.conversion import ConversionAsked, conversion
from interactions.analytics.reports.funnel import funnel
from interactions.analytics.reports.paths import END, OTHER, paths
from interactions.product_names import names_of
from interactions.product_names.lookup import in_use
from interactions.questions.funnels import step_table, value_table
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
    **dict.fromkeys(("conversions", "revenue", "refunds"), 0),
    **dict.fromkeys(("net_revenue", "first", "last"), None),
}

Table = Callable[[ReportQuestion], pd.DataFrame]


def table_of(question: ReportQuestion, name: str) -> pd.DataFrame:
    """The report with this name in TABLES.

    In reports over time, the index ``start`` has the bars (UTC); other reports have no index. :func:`is_money` tells
    columns with amounts of money. Raises KeyError for an unknown name.
    """
    return TABLES[name](question).rename(columns=_WORDS)


def is_money(column: str) -> bool:
    """Whether a column of a report has amounts of money."""
    return column.startswith("gross_revenue") or column in ("refunds", "net_revenue")


def before(question: ReportQuestion, name: str) -> pd.DataFrame | None:
    """The same report, one of COMPARED, for the previous period; None if there is no previous period."""
    if question.before is None:
        return None
    return COMPARED[name](question, question.before).rename(columns=_WORDS)


def ranking(question: ReportQuestion, subject: Subject, limit: int = MOST_ROWS) -> pd.DataFrame:
    """The top of a subject, with the column ``is_other`` of :func:`top`.

    Products have a ``product_name`` (None without one) if the environment has names of products.
    """
    frame = ranked(question, subject, limit)[0].rename(columns=_WORDS)
    if subject is Subject.PRODUCTS and in_use(question.environment):
        names = names_of(question.environment, frame["product_id"])
        frame.insert(1, "product_name", pd.Series([names.get(each) for each in frame["product_id"]], dtype="object"))
    return frame


def ranked(question: ReportQuestion, subject: Subject, limit: int) -> tuple[pd.DataFrame, bool]:
    """The top of a subject; and whether it's products by the records that name them, as nobody did anything to any."""
    frame = top(question.engine, question.filter, subject, limit)
    if frame.empty and subject is Subject.PRODUCTS:
        return top_named(question.engine, question.filter, limit), True
    return frame, False


def _totals(question: ReportQuestion, filter: Filter) -> pd.DataFrame:
    found = totals.totals(question.engine, filter)
    row = {**asdict(found), "net_revenue": found.net_revenue} if found else _NOTHING
    return pd.DataFrame([row], columns=list(_NOTHING))


def _by_type(question: ReportQuestion, filter: Filter) -> pd.DataFrame:
    types = question.types if filter is question.filter else totals.by_type(question.engine, filter)
    return types[["type", "group", "records", "share"]]


def _by_group(question: ReportQuestion, filter: Filter) -> pd.DataFrame:
    return totals.by_group(question.types if filter is question.filter else totals.by_type(question.engine, filter))


def _totals_over_time(question: ReportQuestion) -> pd.DataFrame:
    frame = timeseries.sparklines(question.engine, question.filter, question.unit, question.zone)
    net = frame["revenue"] - frame["refunds"] if frame["refunds"].any() else None
    return frame.assign(net_revenue=net)


def _rhythm(question: ReportQuestion) -> pd.DataFrame:
    frame = timeseries.rhythm(question.engine, question.filter, question.zone)
    frame.columns = pd.Index([f"{hour:02}:00" for hour in frame.columns])
    return frame.rename_axis("day").reset_index()


def _funnel(question: ReportQuestion) -> pd.DataFrame:
    choice = question.choice
    steps = choice.funnel(question.present)
    if choice.window is None and choice.breakdown is None:
        return funnel(question.engine, question.filter, steps)
    asked = ConversionAsked(steps, choice.window, choice.breakdown)
    found = conversion(question.engine, question.filter, asked)
    return value_table(found, steps) if choice.breakdown else step_table(found, steps)


def _paths(question: ReportQuestion) -> pd.DataFrame:
    found = paths(question.engine, question.filter, question.choice.paths)
    frame = found.counts.copy()
    for step, nodes in enumerate(found.nodes):
        names = {**dict(enumerate(nodes)), OTHER: "(other)", END: None}
        frame[step] = pd.Series([names[place] for place in frame[step]], frame.index, dtype="object")
    frame["share"] = frame["paths"] / (found.total or 1)
    return frame.rename(columns={step: f"step_{step}" for step in range(len(found.nodes))})


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
    "paths": _paths,
    "assisted": _assisted,
    "assisted_totals": _assisted_totals,
    "assisted_over_time": _assisted_over_time,
    **{subject.value: partial(ranking, subject=subject) for subject in Subject},
}
