"""What a first question would wait for is done ahead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from interactions.analytics import ready
from interactions.analytics.cohorts import CohortCondition, CohortDefinition, CohortRule
from interactions.analytics.filters import Filter
from interactions.analytics.index import store
from interactions.analytics.index.loops import Later
from interactions.analytics.index.passes import cohorts, keys, masks, occurrences, paths, values, visits
from interactions.analytics.periods import Unit
from interactions.analytics.reports.attribution import assisted
from interactions.analytics.reports.breakdowns import Subject, top
from interactions.analytics.reports.cohorts import cohort_members
from interactions.analytics.reports.data_quality import measure
from interactions.analytics.reports.funnel import SHOP, funnel
from interactions.analytics.reports.suggestions import SUGGESTED, suggestions
from interactions.analytics.reports.timeseries import over_time, rhythm, sparklines
from interactions.analytics.reports.totals import by_type, totals

from .reports.traffic import FILTERS, whole

BERLIN = ZoneInfo("Europe/Berlin")
ONE_RULE = CohortDefinition(1, "", (CohortRule(is_not=True),))
LOOPS: dict[str, Callable[..., Any]] = {
    f"{module.__name__}.{name}": each
    for module in (cohorts, keys, masks, occurrences, paths, values, visits)
    for name, each in vars(module).items()
    if isinstance(each, Later)
}
# A person's links, data sets of many years, steps with conditions: they may take a moment longer.
LATER = {"span_pairs", "mark_days", "mark", "unmark"}


def signatures() -> dict[str, int]:
    """For how many kinds of arrays each loop is compiled."""
    return {name: len(each.made.signatures) for name, each in LOOPS.items()}


def test_nothing_is_left_to_compile_once_ready(settings, tmp_path: Path) -> None:
    settings.INDEX_DIR = tmp_path / "index"
    ready.ready()
    before = signatures()
    assert {name.rpartition(".")[2] for name, count in before.items() if not count} <= LATER
    index = store.write(whole())
    for asked in FILTERS:
        totals(index, asked, Unit.DAY, BERLIN)
        by_type(index, asked)
        over_time(index, asked, Unit.DAY, BERLIN)
        sparklines(index, asked, Unit.DAY, BERLIN)
        rhythm(index, asked, BERLIN)
        funnel(index, asked, SHOP)
        assisted(index, asked)
        for subject in Subject:
            top(index, asked, subject)
        for field in SUGGESTED:
            suggestions(index, asked, field)
    for cohort in (ONE_RULE, CohortDefinition(1, "", ())):
        cohort_members(index, (cohort,))
        totals(index, Filter(cohorts=[CohortCondition((cohort,))]), Unit.DAY, BERLIN)
    measure(index, BERLIN)
    assert signatures() == before
