"""One dashboard question, timed: ``python -m benchmarks.questions NAME ENVIRONMENT LAST IMPORT``.

LAST is the newest record's time (ISO 8601), IMPORT the id of one import. The answer has three timings in seconds:
``started``, until the engine is at work, as a web process has it from its first page on; ``cold``, the first question
then, with nothing remembered; ``warm``, remembered, as long as the table is the same. The parts are in the system's
page cache.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import django

django.setup()

from django.core.cache import cache  # noqa: E402

from benchmarks.processes import answer  # noqa: E402
from interactions.analytics import ready  # noqa: E402
from interactions.analytics.data_sets import opened  # noqa: E402
from interactions.analytics.filters import Device, Filter  # noqa: E402
from interactions.analytics.index.run import Index  # noqa: E402
from interactions.analytics.periods import Period, Unit  # noqa: E402
from interactions.analytics.reports import timeseries, totals  # noqa: E402
from interactions.analytics.reports.attribution import assisted, assisted_over_time  # noqa: E402
from interactions.analytics.reports.breakdowns import Subject, top  # noqa: E402
from interactions.analytics.reports.data_quality import measure  # noqa: E402
from interactions.analytics.reports.funnel import SHOP, funnel  # noqa: E402

_REPEATS = 5
BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is asked of: an environment, its newest record, and one import in it."""

    environment: str
    last: datetime
    import_id: int

    @property
    def index(self) -> Index:
        return opened(self.environment)

    @property
    def month(self) -> Filter:
        return Filter(Period.last_days(30, self.last))


QUESTIONS: dict[str, Callable[[Asked], Any]] = {
    "is there any record": lambda asked: totals.has_records(asked.index),
    "by type": lambda asked: totals.by_type(asked.index),
    "by type, 30 days": lambda asked: totals.by_type(asked.index, asked.month),
    "by type, one import": lambda asked: totals.by_type(asked.index, Filter(import_id=asked.import_id)),
    "over time, weeks": lambda asked: timeseries.over_time(asked.index, Filter(), Unit.WEEK),
    "over time, days": lambda asked: timeseries.over_time(asked.index, Filter(), Unit.DAY),
    "over time, hours of 30 days": lambda asked: timeseries.over_time(asked.index, asked.month, Unit.HOUR),
    "users": lambda asked: totals.users(asked.index),
    "products": lambda asked: totals.products(asked.index),
    "products, 30 days": lambda asked: totals.products(asked.index, asked.month),
    "totals (four questions in one)": lambda asked: totals.totals(asked.index),
    "totals of 30 days and of those before": lambda asked: totals.compared(asked.index, asked.month),
    "sparklines, days": lambda asked: timeseries.sparklines(asked.index, Filter(), Unit.DAY),
    "sparklines, hours of 30 days": lambda asked: timeseries.sparklines(asked.index, asked.month, Unit.HOUR),
    "rhythm of the week": lambda asked: timeseries.rhythm(asked.index, Filter(), BERLIN),
    "funnel": lambda asked: funnel(asked.index, Filter(), SHOP),
    "assisted": lambda asked: assisted(asked.index, Filter()),
    "assisted, over time": lambda asked: assisted_over_time(asked.index, Filter(), Unit.DAY),
    "top products": lambda asked: top(asked.index, Filter(), Subject.PRODUCTS),
    "top searches": lambda asked: top(asked.index, Filter(), Subject.SEARCHES),
    "top categories": lambda asked: top(asked.index, Filter(), Subject.CATEGORIES),
    "top campaigns": lambda asked: top(asked.index, Filter(), Subject.CAMPAIGNS),
    "top pages": lambda asked: top(asked.index, Filter(), Subject.PAGES),
    "top regions": lambda asked: top(asked.index, Filter(), Subject.REGIONS),
    "top devices": lambda asked: top(asked.index, Filter(), Subject.DEVICES),
    "by type, of phones": lambda asked: totals.by_type(asked.index, Filter(device=Device.PHONE)),
    "health": lambda asked: measure(asked.index, BERLIN),
}


def timed(question: Callable[[Asked], Any], asked: Asked) -> float:
    """Seconds that the answer took."""
    began = time.perf_counter()
    question(asked)
    return time.perf_counter() - began


def main(name: str, asked: Asked) -> None:
    question = QUESTIONS[name]
    started = timed(lambda _: ready.ready(), asked)
    cache.clear()
    cold = timed(question, asked)
    warm = [timed(question, asked) for _ in range(_REPEATS)]
    answer({"started": started, "cold": cold, "warm": statistics.median(warm)})


if __name__ == "__main__":
    main(sys.argv[1], Asked(sys.argv[2], datetime.fromisoformat(sys.argv[3]), int(sys.argv[4])))
