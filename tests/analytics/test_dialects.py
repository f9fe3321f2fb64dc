"""Each relational expression compiles for other engines as well: nothing in it is known to DuckDB alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import ibis
import pytest

from interactions.analytics import relational
from interactions.analytics.conditions import CUSTOM, FIELDS, SEARCHED, Condition
from interactions.analytics.filters import Device, Filter
from interactions.analytics.periods import Period, Unit
from interactions.analytics.properties import Breakdown, Measure
from interactions.analytics.relational import (
    attribution,
    bars,
    breakdown,
    breakdowns,
    conversion,
    data_quality,
    funnel,
    links,
    overview,
    paths,
    people,
    products,
    sessions,
    suggestions,
    timeseries,
    totals,
)
from interactions.analytics.relational.data import DataSet
from interactions.analytics.reports.breakdowns import Subject
from interactions.analytics.reports.conversion import ConversionAsked
from interactions.analytics.reports.funnel import CONTENT, SHOP
from interactions.analytics.reports.paths import PathsAsked
from interactions.analytics.reports.suggestions import SUGGESTED
from interactions.analytics.step_fields import StepField
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.schema import Group
from interactions.contract.tombstones import Tombstones

from .datasets import ONE, PHONE

AT = datetime(2024, 3, 31, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HIDDEN = Tombstones.of([(1, None, AT), (None, 2, AT)])
DATA = DataSet(
    ibis.table(ibis.Schema.from_pyarrow(TABLE_SCHEMA), name="interactions"), HIDDEN, agents=(None, PHONE, "an app")
)
CUSTOM_FIELD = CUSTOM + "A/B test"
VALUES = {
    CUSTOM_FIELD: ("gold", "5", "true"),
    **dict.fromkeys(FIELDS, ("tea", "Tea")),
    **dict.fromkeys(("user_key", "anonymous_key", "import_id"), (1, 2)),
    **dict.fromkeys(("is_assisted", "is_live"), (True, False)),
    "miso_id": (ONE,),
    "device": (Device.PHONE.value, Device.UNKNOWN.value),
}
BY_DEVICE = ConversionAsked(SHOP, timedelta(days=1), StepField.DEVICE)
# Every field of a filter at once, said and denied.
FULL = Filter(
    Period(AT, AT.replace(month=5)),
    (Group.CORE,),
    ("read",),
    [Condition(field, VALUES[field], is_not) for field in (*FIELDS, CUSTOM_FIELD) for is_not in (False, True)],
    [[Condition(field, ("tea",), contains=True) for field in (*SEARCHED, CUSTOM_FIELD)]],
)
EXPRESSIONS = {
    "people": lambda asked: people.counted(DATA, asked),
    "sessions": lambda asked: sessions.counted(DATA, asked),
    "sessions and people by bar": lambda asked: sessions.visits(DATA, asked, _bars()),
    "totals": lambda asked: totals.totals(DATA, asked),
    "extent": lambda asked: totals.extent(DATA, asked),
    "by type": lambda asked: totals.by_type(DATA, asked),
    "over time": lambda asked: timeseries.over_time(DATA, asked, _bars()),
    "sparklines": lambda asked: timeseries.sparklines(DATA, asked, _bars()),
    "assisted over time": lambda asked: timeseries.assisted_over_time(DATA, asked, _bars()),
    "rhythm": lambda asked: timeseries.rhythm(DATA, asked, bars.clock(BERLIN, 0, 1 << 50)),
    "days": lambda asked: timeseries.by_day(DATA, asked, bars.clock(BERLIN, 0, 1 << 50)),
    "products": lambda asked: products.different(DATA, asked),
    "products by bar": lambda asked: products.different_in_bars(DATA, asked, _bars()),
    "funnel of a shop": lambda asked: funnel.funnel(DATA, asked, SHOP),
    "funnel of content": lambda asked: funnel.funnel(DATA, asked, CONTENT),
    "paths' nodes": lambda asked: paths.nodes(DATA, asked, PathsAsked(within=timedelta(days=1), is_by_session=True)),
    "paths before a page": lambda asked: paths.counted(
        DATA, asked, PathsAsked(StepField.PAGE, "https://shop.example/", is_before=True), (("a", "b"), ("c",), (), ())
    ),
    "conversion by device": lambda asked: conversion.people(DATA, asked, BY_DEVICE),
    "times to convert": lambda asked: conversion.times(DATA, asked, BY_DEVICE),
    "histogram of times": lambda asked: conversion.histogram(DATA, asked, ConversionAsked(CONTENT)),
    **{f"top {subject}": lambda asked, subject=subject: breakdowns.top(DATA, asked, subject) for subject in Subject},
    **{
        f"suggestions of {field}": lambda asked, field=field: suggestions.suggestions(DATA, asked, field, "te", 10)
        for field in (*SUGGESTED, CUSTOM_FIELD)
    },
    **{
        f"{measure} by {by}": lambda asked, by=by, measure=measure: breakdown.by_value(
            DATA, asked, Breakdown(by, measure), 10
        )
        for measure in Measure
        for by in ("region", "device", "category", CUSTOM_FIELD)
    },
    "revenue by product": lambda asked: breakdown.by_slot(DATA, asked, Breakdown("product", Measure.REVENUE), ("p1",)),
    "sessions by page by bar": lambda asked: breakdown.by_slot_and_bar(
        DATA, asked, Breakdown("page", Measure.SESSIONS), ("/a",), _bars()
    ),
    "people in all": lambda asked: breakdown.total(DATA, asked, Breakdown("page", Measure.PEOPLE)),
    "top named": lambda asked: breakdowns.top_named(DATA, asked),
    "assisted": lambda asked: attribution.assisted(DATA, asked),
    "results": lambda asked: attribution.results(DATA, asked),
    "health": lambda asked: data_quality.measures(DATA, asked, [1, 2]),
    "repeats": lambda asked: data_quality.repeats(DATA, asked),
    "added": lambda asked: overview.added(DATA, _bars()),
    "links": lambda asked: links.links(DATA),
    "ambiguous": lambda asked: links.ambiguous(DATA, 10),
    "audience": lambda asked: links.audience(DATA),
}


class Spark(ibis.config.Config):
    treat_nan_as_null: bool = False


@pytest.fixture(autouse=True)
def spark_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ibis sets once Spark itself is installed; to compile for it needs no Spark."""
    monkeypatch.setattr(ibis.options, "pyspark", Spark())


def _bars() -> ibis.Table:
    return bars.bars(Period(), 0, 1 << 50, Unit.YEAR, BERLIN)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_compiles_for_other_engines(name: str) -> None:
    expression = EXPRESSIONS[name](FULL)
    for dialect in ("duckdb", "pyspark", "trino"):
        assert "SELECT" in str(ibis.to_sql(expression, dialect=dialect))


def test_no_expression_names_a_function_of_an_engine() -> None:
    sources = [path.read_text() for path in Path(relational.__file__).parent.glob("*.py")]
    assert sources and not [text for text in sources if "udf" in text or ".sql(" in text]
