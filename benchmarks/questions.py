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
from interactions.analytics.filters import Device, Filter  # noqa: E402
from interactions.analytics.periods import Period, Unit  # noqa: E402
from interactions.queries import dashboard, readying  # noqa: E402
from interactions.queries.assisted import assisted, assisted_over_time  # noqa: E402
from interactions.queries.funnel import SHOP, funnel  # noqa: E402
from interactions.queries.health import measure  # noqa: E402
from interactions.queries.tops import Subject, top  # noqa: E402

_REPEATS = 5
BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is asked of: an environment, its newest record, and one import in it."""

    environment: str
    last: datetime
    import_id: int

    @property
    def month(self) -> Filter:
        return Filter(Period.last_days(30, self.last))


QUESTIONS: dict[str, Callable[[Asked], Any]] = {
    "is there any record": lambda asked: dashboard.has_records(asked.environment),
    "by type": lambda asked: dashboard.by_type(asked.environment),
    "by type, 30 days": lambda asked: dashboard.by_type(asked.environment, asked.month),
    "by type, one import": lambda asked: dashboard.by_type(asked.environment, Filter(import_id=asked.import_id)),
    "over time, weeks": lambda asked: dashboard.over_time(asked.environment, Filter(), Unit.WEEK),
    "over time, days": lambda asked: dashboard.over_time(asked.environment, Filter(), Unit.DAY),
    "over time, hours of 30 days": lambda asked: dashboard.over_time(asked.environment, asked.month, Unit.HOUR),
    "users": lambda asked: dashboard.users(asked.environment),
    "products": lambda asked: dashboard.products(asked.environment),
    "products, 30 days": lambda asked: dashboard.products(asked.environment, asked.month),
    "totals (four questions in one)": lambda asked: dashboard.totals(asked.environment),
    "totals of 30 days and of those before": lambda asked: dashboard.compared(asked.environment, asked.month),
    "sparklines, days": lambda asked: dashboard.sparklines(asked.environment, Filter(), Unit.DAY),
    "sparklines, hours of 30 days": lambda asked: dashboard.sparklines(asked.environment, asked.month, Unit.HOUR),
    "rhythm of the week": lambda asked: dashboard.rhythm(asked.environment, Filter(), BERLIN),
    "funnel": lambda asked: funnel(asked.environment, Filter(), SHOP),
    "assisted": lambda asked: assisted(asked.environment, Filter()),
    "assisted, over time": lambda asked: assisted_over_time(asked.environment, Filter(), Unit.DAY),
    "top products": lambda asked: top(asked.environment, Filter(), Subject.PRODUCTS),
    "top searches": lambda asked: top(asked.environment, Filter(), Subject.SEARCHES),
    "top categories": lambda asked: top(asked.environment, Filter(), Subject.CATEGORIES),
    "top campaigns": lambda asked: top(asked.environment, Filter(), Subject.CAMPAIGNS),
    "top pages": lambda asked: top(asked.environment, Filter(), Subject.PAGES),
    "top regions": lambda asked: top(asked.environment, Filter(), Subject.REGIONS),
    "top devices": lambda asked: top(asked.environment, Filter(), Subject.DEVICES),
    "by type, of phones": lambda asked: dashboard.by_type(asked.environment, Filter(device=Device.PHONE)),
    "health": lambda asked: measure(asked.environment, BERLIN),
}


def timed(question: Callable[[Asked], Any], asked: Asked) -> float:
    """Seconds that the answer took."""
    began = time.perf_counter()
    question(asked)
    return time.perf_counter() - began


def main(name: str, asked: Asked) -> None:
    question = QUESTIONS[name]
    started = timed(lambda _: readying.ready(), asked)
    cache.clear()
    cold = timed(question, asked)
    warm = [timed(question, asked) for _ in range(_REPEATS)]
    answer({"started": started, "cold": cold, "warm": statistics.median(warm)})


if __name__ == "__main__":
    main(sys.argv[1], Asked(sys.argv[2], datetime.fromisoformat(sys.argv[3]), int(sys.argv[4])))
