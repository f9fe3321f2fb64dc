"""All that the dashboard's page asks, timed in a fresh process: ``python -m benchmarks.dashboard ENVIRONMENT FILTER``.

FILTER is a name in NARROWED. The answer has, in seconds, for each question and for the page as a whole: ``cold``, asked
for the first time with nothing remembered, the index in the system's page cache; ``warm``, asked again with nothing
changed. As a web server that has shown a page, the process has its engine at work: ``started`` is how long that took.
``memory`` is what the process has of its own once the page was answered, bytes. ``answers`` are those of the questions
that other engines are asked, too.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import django

django.setup()

from django.conf import settings  # noqa: E402

from benchmarks.alike import decided  # noqa: E402
from benchmarks.files import warm  # noqa: E402
from benchmarks.memory import own_memory  # noqa: E402
from benchmarks.narrowed import NARROWED  # noqa: E402
from benchmarks.processes import answer  # noqa: E402
from interactions.analytics import ready  # noqa: E402
from interactions.analytics.data_sets import opened  # noqa: E402
from interactions.analytics.filters import Filter  # noqa: E402
from interactions.analytics.index.run import Index  # noqa: E402
from interactions.analytics.periods import Unit  # noqa: E402
from interactions.analytics.reports.attribution import assisted, assisted_over_time  # noqa: E402
from interactions.analytics.reports.breakdowns import Subject, top  # noqa: E402
from interactions.analytics.reports.data_quality import measure  # noqa: E402
from interactions.analytics.reports.funnel import SHOP, funnel  # noqa: E402
from interactions.analytics.reports.timeseries import over_time, rhythm, sparklines  # noqa: E402
from interactions.analytics.reports.totals import by_type, totals  # noqa: E402

ZONE = ZoneInfo("Europe/Berlin")
_REPEATS = 5
_SUBJECTS = [subject for subject in Subject if subject is not Subject.CATEGORIES]

Question = Callable[[Index, Filter], Any]

SHARED: dict[str, Question] = {
    "over time": lambda index, filter: over_time(index, filter, Unit.DAY, ZONE),
    "sparklines": lambda index, filter: sparklines(index, filter, Unit.DAY, ZONE),
    "funnel": lambda index, filter: funnel(index, filter, SHOP),
    **{
        f"top {subject.value}": lambda index, filter, subject=subject: top(index, filter, subject)
        for subject in _SUBJECTS
    },
}
"""What other engines are asked, too. First of all: so the others take no work from them that they would have to do."""
QUESTIONS: dict[str, Question] = {
    **SHARED,
    "top categories": lambda index, filter: top(index, filter, Subject.CATEGORIES),
    "totals": lambda index, filter: totals(index, filter, Unit.DAY, ZONE),
    "by type and group": by_type,
    "hour × weekday": lambda index, filter: rhythm(index, filter, ZONE),
    "assisted": assisted,
    "assisted over time": lambda index, filter: assisted_over_time(index, filter, Unit.DAY, ZONE),
}
"""What the page asks."""


def asked(index: Index, filter: Filter) -> tuple[dict[str, float], dict[str, Any]]:
    """Seconds that each question took, in the order of the page, and the answers."""
    took, answers = {}, {}
    for name, question in QUESTIONS.items():
        began = time.perf_counter()
        answers[name] = question(index, filter)
        took[name] = time.perf_counter() - began
    return took, answers


def start() -> float:
    """Have the engine at work, as a web process from its first page on; in seconds."""
    import_module(settings.ROOT_URLCONF)  # what a web process has loaded by then
    began = time.perf_counter()
    ready.ready()
    return time.perf_counter() - began


def touch(environment: str) -> None:
    """Have the files of the index in the system's page cache."""
    for path in (Path(settings.INDEX_DIR) / environment).iterdir():
        warm(path)


def comparable(answers: dict[str, Any]) -> dict[str, Any]:
    """The answers of SHARED as lists, what is unlike in the form of other engines' left out."""
    found: dict[str, Any] = {}
    bars = answers["over time"].set_axis([f"{day:%Y-%m-%d}" for day in answers["over time"].index.tz_convert(ZONE)])
    found["over time"] = sorted([day, name, n] for name in bars for day, n in bars[name].items() if n)
    days = answers["sparklines"].set_axis([f"{day:%Y-%m-%d}" for day in answers["sparklines"].index.tz_convert(ZONE)])
    days = days[days["interactions"] > 0]
    found["sparklines"] = [[day, *numbers] for day, *numbers in days[_SPARKS].itertuples()]
    found["funnel"] = answers["funnel"]["people"].tolist()
    for subject in _SUBJECTS:
        name, columns = f"top {subject.value}", _COLUMNS[subject]
        frame = answers[name]
        rows = [list(row) for row in frame[~frame["is_other"]][columns].itertuples(index=False)]
        found[name] = decided(rows) if subject is Subject.SEARCHES else rows  # ours are ranked by what follows, too
    return found


_SPARKS = ["interactions", "people", "sessions", "products", "revenue"]
_VALUED = ["records", "conversions", "revenue"]
_COLUMNS = {
    Subject.PRODUCTS: ["product_id", "views", "carts", "buys", "revenue"],
    Subject.SEARCHES: ["keywords", "searches"],
    Subject.CAMPAIGNS: ["source", *_VALUED],
    Subject.PAGES: ["page", *_VALUED],
    Subject.REGIONS: ["region", *_VALUED],
    Subject.DEVICES: ["device", *_VALUED],
}


def main(environment: str, name: str) -> None:
    touch(environment)
    started, filter = start(), NARROWED[name].filter
    index = opened(environment)
    cold, answers = asked(index, filter)
    memory = own_memory()
    again = [asked(index, filter)[0] for _ in range(_REPEATS)]
    middle = {name: statistics.median(each[name] for each in again) for name in cold}
    began = time.perf_counter()
    measure(index, ZONE)
    answer(
        {
            "questions": {name: {"cold": cold[name], "warm": middle[name]} for name in cold},
            "cold": sum(cold.values()),
            "shared": sum(cold[name] for name in SHARED),
            "warm": statistics.median(sum(each.values()) for each in again),
            "health": time.perf_counter() - began,
            "started": started,
            "memory": memory,
            "answers": comparable(answers),
        }
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
