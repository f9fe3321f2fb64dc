"""Warm up: load or compile everything that the first question would otherwise wait for.

A web process does this when it shows the first page of an environment, mostly while the user reads it. It takes some
10 MB, which a process that only serves the API doesn't need.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from dojo import memory
from interactions.analytics.cohorts import CohortCondition, CohortDefinition, CohortRule
from interactions.analytics.conditions import Condition
from interactions.analytics.filters import Filter
from interactions.analytics.index.build import build_table
from interactions.analytics.index.dictionaries import FORMS
from interactions.analytics.index.results import results_of
from interactions.analytics.index.rows import FLAT
from interactions.analytics.index.run import ASSISTED, Index, Pairs, Run, Texts
from interactions.analytics.periods import Period, Unit
from interactions.analytics.properties import Breakdown, Measure
from interactions.analytics.reports.attribution import assisted
from interactions.analytics.reports.audience import audience
from interactions.analytics.reports.breakdown import breakdown
from interactions.analytics.reports.breakdowns import Subject, top, top_named
from interactions.analytics.reports.cohorts import cohort_members
from interactions.analytics.reports.conversion import ConversionAsked, conversion
from interactions.analytics.reports.data_quality import measure
from interactions.analytics.reports.funnel import SHOP, funnel
from interactions.analytics.reports.overview import added
from interactions.analytics.reports.paths import PathsAsked, paths
from interactions.analytics.reports.retention import Return, retention
from interactions.analytics.reports.suggestions import suggestions
from interactions.analytics.reports.timeseries import over_time, rhythm, sparklines
from interactions.analytics.reports.totals import by_type, totals
from interactions.analytics.step_fields import StepField
from interactions.analytics.steps import Step
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.schema import TYPES
from interactions.contract.tombstones import Tombstones

_begun = threading.Event()
_MOMENT: Final = datetime(2024, 1, 1, tzinfo=UTC)
_ZONE: Final = ZoneInfo("UTC")
_OF_ALL_KINDS: Final = Filter(
    Period(end=datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
    types=("checkout",),
    import_id=0,
    miso_id="a",
    region="a",
    product_id="a",
)
_BUYERS: Final = CohortDefinition(0, "", (CohortRule(("checkout",)), CohortRule(at_least=2)))
_WIDE: Final = ("at", "received", "result")


def begin() -> None:
    """Warm up in the background. Only the first call in a process has an effect."""
    if not _begun.is_set():
        _begun.set()
        threading.Thread(target=ready, name="readying", daemon=True).start()


def ready() -> None:
    """Load what the questions of all pages need, by asking them of a tiny index."""
    with memory.uncollected():  # looking for cycles in Numba's modules took a fifth of the time
        index = _index()
        for filter in (Filter(), _OF_ALL_KINDS):
            ask_all(index, filter, Unit.DAY, _ZONE)
        totals(index, Filter(region="a"))  # whose events are neighbours
        cohort_members(index, [_BUYERS])
        totals(index, Filter(cohorts=[CohortCondition((_BUYERS,))]))
        totals(index, Filter(any_of=[[CohortCondition((_BUYERS,))]]))


def compile_all() -> None:
    """Compile everything that isn't compiled yet. Needs a database, because it reads the identity key."""
    ready()
    for filter in (Filter(), _OF_ALL_KINDS):
        ask_analysts(_index(), filter, Unit.DAY, _ZONE)
    build_table(TABLE_SCHEMA.empty_table(), Tombstones.of([]), "", 0)


def ask_all(index: Index, filter: Filter, unit: Unit, zone: ZoneInfo) -> None:
    """Ask all questions of the dashboard, the Health page and the Overview."""
    totals(index, filter, unit, zone)
    by_type(index, filter)
    over_time(index, filter, unit, zone)
    sparklines(index, filter, unit, zone)
    rhythm(index, filter, zone)
    funnel(index, filter, SHOP)
    assisted(index, filter)
    for subject in Subject:
        top(index, filter, subject)
    top_named(index, filter)
    suggestions(index, filter, "region")
    measure(index, zone)
    audience(index)
    added(index, _MOMENT, 2, zone)


def ask_analysts(index: Index, filter: Filter, unit: Unit, zone: ZoneInfo) -> None:
    """Ask the questions of the pages Breakdown, Retention, Paths and Funnel, whose loops are loaded when they're first
    asked."""
    for counted in Measure:
        for by in ("region", "type", "category"):  # a column of codes, of bytes, and of lists
            breakdown(index, filter, Breakdown(by, counted))
    breakdown(index, filter, Breakdown("product", Measure.REVENUE))
    retention(index, filter, Return(), unit, zone)
    for field in (StepField.TYPE, StepField.REGION, StepField.PRODUCT):  # a column of bytes, of codes, and of lists
        paths(index, filter, PathsAsked(field))
        conversion(index, filter, ConversionAsked(SHOP, by=field))
    conversion(index, filter, ConversionAsked((*SHOP[:3], Step("", ("checkout",), (Condition("region", ("a",)),)))))


def _index() -> Index:
    """An index of two checkouts by one person."""
    one, two, starts = np.zeros(1, np.int64), np.zeros(2, np.int64), np.array([0, 1], np.int64)
    code, money, lists = np.zeros(1, np.int32), np.ones(1), np.array([0, 1, 1], np.int64)
    flat: dict[str, Any] = {name: two if name in _WIDE else two.astype(np.int32) for name in FLAT}
    flat |= {"at": np.array([0, 1]), "kind": np.full(2, TYPES.index("checkout") | ASSISTED, np.uint8)}
    flat["result"] = results_of(pa.array(["a", "a"]))
    run = Run(
        **flat,
        product_starts=lists,
        products=code,
        category_starts=lists,
        categories=code,
        custom_starts=lists,
        customs=code,
        sale_event=one,
        sale_revenue=money,
        sale_starts=starts,
        line_product=code,
        line_revenue=money,
        people=one,
        alone=np.zeros(1, np.uint8),
        starts=np.array([0, 2]),
    )
    structs = {"campaign": {"source": "a"}, "custom": {"key": "a", "value": "a"}}
    words = {name: pa.array([structs.get(name, "a")], form) for name, form in FORMS.items()}
    texts = Texts(**{name: pa.chunked_array([text]) for name, text in words.items()})
    pairs = Pairs(user=one + 1, visitor=one, has=np.ones(1, np.uint8), records=one + 2)
    return Index("", 0, (run,), pairs, texts, 0, 1, devices=np.zeros(1, np.uint8))
