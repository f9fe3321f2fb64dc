"""All that the dashboard's page asks, timed in a fresh process.

``python -m benchmarks.page ENVIRONMENT [--by-region]``

The answer has, in seconds, for each question and for the page as a whole: ``cold``, asked for the first time with
nothing remembered, summaries on disk; ``warm``, asked again with nothing changed. As a web server that has answered
something before, the process has its engine at work: ``started`` is how long that took. ``peak`` is the most memory,
bytes. ``of_region``: the page cold once more, filtered by one region of forty, if that is wanted.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import django

django.setup()

from django.core.cache import cache  # noqa: E402

from benchmarks.processes import answer  # noqa: E402
from interactions.analytics import ready  # noqa: E402
from interactions.analytics.data_sets import opened  # noqa: E402
from interactions.analytics.devices import device_of  # noqa: E402
from interactions.analytics.filters import Filter  # noqa: E402
from interactions.analytics.index.run import Index  # noqa: E402
from interactions.analytics.periods import Unit  # noqa: E402
from interactions.analytics.reports import timeseries, totals  # noqa: E402
from interactions.analytics.reports.attribution import assisted, assisted_over_time  # noqa: E402
from interactions.analytics.reports.breakdowns import Subject, top  # noqa: E402
from interactions.analytics.reports.funnel import SHOP, funnel  # noqa: E402

ZONE = ZoneInfo("Europe/Berlin")
_REPEATS = 5
_EVERYTHING, _A_REGION = Filter(), Filter(region="region-7")  # of forty (thin.py)
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

QUESTIONS: dict[str, Callable[[Index, Filter], Any]] = {
    "totals": lambda index, filter: totals.totals(index, filter, Unit.DAY, ZONE),
    "by type and group": lambda index, filter: totals.by_type(index, filter),
    "over time": lambda index, filter: timeseries.over_time(index, filter, Unit.DAY, ZONE),
    "sparklines": lambda index, filter: timeseries.sparklines(index, filter, Unit.DAY, ZONE),
    "hour × weekday": lambda index, filter: timeseries.rhythm(index, filter, ZONE),
    "funnel": lambda index, filter: funnel(index, filter, SHOP),
    "assisted": lambda index, filter: assisted(index, filter),
    "assisted over time": lambda index, filter: assisted_over_time(index, filter, Unit.DAY, ZONE),
    **{
        f"top {subject.value}": lambda index, filter, subject=subject: top(index, filter, subject)
        for subject in Subject
    },
}


def asked(environment: str, filter: Filter) -> dict[str, float]:
    """Seconds that each question took, in the order of the page, all of one version of the table as there."""
    found = {}
    index = opened(environment)
    for name, question in QUESTIONS.items():
        began = time.perf_counter()
        question(index, filter)
        found[name] = time.perf_counter() - began
    return found


def start() -> float:
    """Have the engine and the reader of user agents at work, as a web process from its first page on; in seconds."""
    began = time.perf_counter()
    ready.ready()
    device_of(_AGENT)
    return time.perf_counter() - began


def main(environment: str, *, by_region: bool) -> None:
    started = start()
    cache.clear()
    cold = asked(environment, _EVERYTHING)
    warm = [asked(environment, _EVERYTHING) for _ in range(_REPEATS)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    middle = {name: statistics.median(each[name] for each in warm) for name in cold}
    answer(
        {
            "questions": {name: {"cold": cold[name], "warm": middle[name]} for name in cold},
            "cold": sum(cold.values()),
            "warm": statistics.median(sum(each.values()) for each in warm),
            "started": started,
            "peak": peak,
            "of_region": sum(asked(environment, _A_REGION).values()) if by_region else None,
        }
    )


if __name__ == "__main__":
    main(sys.argv[1], by_region=sys.argv[2:] == ["--by-region"])
