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
from interactions.console.dashboard.panels import top_frame
from interactions.console.dashboard.scene import Scene
from interactions.console.spreadsheet import as_file
from interactions.contract.currencies import rounded
from interactions.contract.moments import local

_MOST_ROWS: Final = 10_000

_WORDS: Final = {"conversions": "goals", "conversion": "buy_rate", "revenue": "gross_revenue"}

Table = tuple[list[str], list[list[Any]]]


def as_csv(scene: Scene, panel: str) -> HttpResponse:
    """The panel's table as a CSV file. Raises KeyError for an unknown panel."""
    heading, rows = _in_words(scene, *TABLES[panel](scene))
    when = ""
    if scene.start and scene.end:
        zone = scene.environment.zone
        first, last = local(scene.start, zone), local(scene.end - timedelta(microseconds=1), zone)
        when = f"-{first.date().isoformat()}-to-{last.date().isoformat()}"
    name = f"interactions-{scene.environment.slug}-{panel.replace('_', '-')}{when}.csv"
    return as_file([heading, *rows], name)


def _in_words(scene: Scene, heading: list[str], rows: list[list[Any]]) -> Table:
    """Rename columns as on the pages, round amounts of money and add their currency to the heading."""
    currency = scene.environment.currency
    paid = [at for at, name in enumerate(heading) if name.startswith("revenue")]
    for row in rows:
        for at in paid:
            row[at] = rounded(row[at], currency) if isinstance(row[at], float) else row[at]
    words = [_WORDS.get(name, name) for name in heading]
    return [f"{word} ({currency})" if currency and at in paid else word for at, word in enumerate(words)], rows


def _over_time(scene: Scene) -> Table:
    frame = scene.over_time()
    return _timed(scene, frame)


def _assisted_over_time(scene: Scene) -> Table:
    return _timed(scene, assisted_over_time(scene.index, scene.filter, scene.unit, scene.environment.zone))


def _timed(scene: Scene, frame: Any) -> Table:
    zone = scene.environment.zone
    rows = [
        [charts.stamp(start, zone), *counts] for start, counts in zip(frame.index, frame.values.tolist(), strict=True)
    ]
    return [f"{scene.unit} ({scene.environment.time_zone})", *frame.columns], rows


def _totals(scene: Scene) -> Table:
    frame = timeseries.sparklines(scene.index, scene.filter, scene.unit, scene.environment.zone)
    return _timed(scene, frame.astype("object"))


def _by_type(scene: Scene) -> Table:
    names = ["type", "group", "records", "share"]
    return names, scene.types[names].to_numpy().tolist()


def _by_group(scene: Scene) -> Table:
    return ["group", "records", "share"], totals.by_group(scene.types).to_numpy().tolist()


def _rhythm(scene: Scene) -> Table:
    frame = timeseries.rhythm(scene.index, scene.filter, scene.environment.zone)
    heading = [f"day ({scene.environment.time_zone})", *(f"{hour:02}:00" for hour in frame.columns)]
    return heading, [[day, *counts] for day, counts in zip(frame.index, frame.to_numpy().tolist(), strict=True)]


def _funnel(scene: Scene) -> Table:
    frame = funnel(scene.index, scene.filter, scene.choice.funnel(set(scene.types["type"])))
    return list(frame.columns), _plain(frame)


def _assisted(scene: Scene) -> Table:
    frame = assisted(scene.index, scene.filter).types
    return list(frame.columns), _plain(frame)


def _top(subject: Subject, scene: Scene) -> Table:
    frame = top_frame(scene, subject, _MOST_ROWS)
    return list(frame.columns), _plain(frame)


def _plain(frame: Any) -> list[list[Any]]:
    return [list(row) for row in frame.astype("object").where(frame.notna(), "").to_numpy().tolist()]


TABLES: Final[dict[str, Callable[[Scene], Table]]] = {
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
