"""The dashboard's panels as CSV files, with the time zone in the heading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final

from django.http import HttpResponse

from interactions.analytics.reports import timeseries, totals
from interactions.analytics.reports.attribution import assisted, assisted_over_time
from interactions.analytics.reports.breakdowns import Subject
from interactions.analytics.reports.funnel import funnel
from interactions.console import charts
from interactions.console.dashboard.data import DashboardData
from interactions.console.dashboard.panels import top_frame
from interactions.console.spreadsheet import as_file
from interactions.contract.currencies import rounded
from interactions.contract.moments import local

_MOST_ROWS: Final = 10_000

_WORDS: Final = {"conversions": "goals", "conversion": "buy_rate", "revenue": "gross_revenue"}

Table = tuple[list[str], list[list[Any]]]


def as_csv(data: DashboardData, panel: str) -> HttpResponse:
    """The panel's table as a CSV file. Raises KeyError for an unknown panel."""
    heading, rows = _in_words(data, *TABLES[panel](data))
    when = ""
    if data.start and data.end:
        zone = data.environment.zone
        first, last = local(data.start, zone), local(data.end - timedelta(microseconds=1), zone)
        when = f"-{first.date().isoformat()}-to-{last.date().isoformat()}"
    name = f"interactions-{data.environment.slug}-{panel.replace('_', '-')}{when}.csv"
    return as_file([heading, *rows], name)


def _in_words(data: DashboardData, heading: list[str], rows: list[list[Any]]) -> Table:
    """Rename columns as on the pages, round amounts of money and add their currency to the heading."""
    currency = data.environment.currency
    paid = [at for at, name in enumerate(heading) if name.startswith("revenue")]
    for row in rows:
        for at in paid:
            row[at] = rounded(row[at], currency) if isinstance(row[at], float) else row[at]
    words = [_WORDS.get(name, name) for name in heading]
    return [f"{word} ({currency})" if currency and at in paid else word for at, word in enumerate(words)], rows


def _over_time(data: DashboardData) -> Table:
    frame = data.over_time()
    return _timed(data, frame)


def _assisted_over_time(data: DashboardData) -> Table:
    return _timed(data, assisted_over_time(data.index, data.filter, data.unit, data.environment.zone))


def _timed(data: DashboardData, frame: Any) -> Table:
    zone = data.environment.zone
    rows = [
        [charts.stamp(start, zone), *counts] for start, counts in zip(frame.index, frame.values.tolist(), strict=True)
    ]
    return [f"{data.unit} ({data.environment.time_zone})", *frame.columns], rows


def _totals(data: DashboardData) -> Table:
    frame = timeseries.sparklines(data.index, data.filter, data.unit, data.environment.zone)
    return _timed(data, frame.astype("object"))


def _by_type(data: DashboardData) -> Table:
    names = ["type", "group", "records", "share"]
    return names, data.types[names].to_numpy().tolist()


def _by_group(data: DashboardData) -> Table:
    return ["group", "records", "share"], totals.by_group(data.types).to_numpy().tolist()


def _rhythm(data: DashboardData) -> Table:
    frame = timeseries.rhythm(data.index, data.filter, data.environment.zone)
    heading = [f"day ({data.environment.time_zone})", *(f"{hour:02}:00" for hour in frame.columns)]
    return heading, [[day, *counts] for day, counts in zip(frame.index, frame.to_numpy().tolist(), strict=True)]


def _funnel(data: DashboardData) -> Table:
    frame = funnel(data.index, data.filter, data.choice.funnel(set(data.types["type"])))
    return list(frame.columns), _plain(frame)


def _assisted(data: DashboardData) -> Table:
    frame = assisted(data.index, data.filter).types
    return list(frame.columns), _plain(frame)


def _top(subject: Subject, data: DashboardData) -> Table:
    frame = top_frame(data, subject, _MOST_ROWS)
    return list(frame.columns), _plain(frame)


def _plain(frame: Any) -> list[list[Any]]:
    return [list(row) for row in frame.astype("object").where(frame.notna(), "").to_numpy().tolist()]


TABLES: Final[dict[str, Callable[[DashboardData], Table]]] = {
    "totals": _totals,
    "over_time": _over_time,
    "by_type": _by_type,
    "by_group": _by_group,
    "rhythm": _rhythm,
    "funnel": _funnel,
    "assisted": _assisted,
    "assisted_over_time": _assisted_over_time,
    **{subject.value: partial(_top, subject) for subject in Subject},
}
