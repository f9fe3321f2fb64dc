"""The dashboard's questions, each number counted another way: in plain Python over the same records."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions.analytics.filters import Filter
from interactions.analytics.periods import Period, Unit
from interactions.contract.schema import GROUP_OF
from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import remove_import
from tests import figures

from ...lakes import Record, append, record
from ...traffic import Persons, of_types, refunds, revenue, traffic

START = datetime(2024, 1, 1, tzinfo=UTC)
EVERYTHING = Filter()


def inside(records: list[Record], period: Period) -> list[Record]:
    return [
        each
        for each in records
        if (period.start is None or each["timestamp"] >= period.start)
        and (period.end is None or each["timestamp"] < period.end)
    ]


def counted(records: list[Record], everything: list[Record] | None = None) -> figures.Totals:
    persons = Persons(records if everything is None else everything)
    return figures.Totals(
        interactions=len(records),
        people=len(set(map(persons.of, records)) - {None}),
        sessions=len(persons.session_starts(records)),
        searches=len(of_types(records, "search")),
        conversions=len(of_types(records, "checkout", "subscribe")),
        revenue=pytest.approx(revenue(records)),
        refunds=pytest.approx(refunds(records)),
        users=len({each.get("user_id") for each in records} - {None}),
        anonymous=len({each.get("anonymous_id") for each in records} - {None}),
        products=len({product for each in records for product in each.get("product_ids") or []}),
        first=min(each["timestamp"] for each in records),
        last=max(each["timestamp"] for each in records),
    )


def test_totals_count_records_people_and_products() -> None:
    records = traffic(3000)
    append(records[:2000])
    append(records[2000:], import_id=2)
    assert figures.totals("production") == counted(records)


def test_totals_of_an_import_count_its_records_alone() -> None:
    records = traffic(500)
    append(records[:200], import_id=1)
    append(records[200:], import_id=2)
    assert figures.totals("production", Filter(import_id=2)) == counted(records[200:], records)


def test_environments_are_told_apart() -> None:
    append(traffic(10), environment="playground")
    assert figures.totals("production") is None
    assert figures.totals("playground").interactions == 10


def test_an_environment_without_a_table_has_typed_empty_answers() -> None:
    assert figures.totals("production") is None
    types = figures.by_type("production")
    assert list(types.columns) == ["type", "group", "records", "share", "first", "last"]
    assert types.empty and types["records"].dtype == "int64"
    assert figures.by_group(types).empty
    bars = figures.over_time("production", EVERYTHING, Unit.DAY)
    assert bars.empty and str(bars.index.dtype) == "datetime64[us, UTC]"
    assert figures.users("production") == figures.products("production") == 0
    assert not figures.has_records("production")


def test_types_are_counted_with_their_share_most_first() -> None:
    records = traffic(1000)
    append(records)
    types = figures.by_type("production")
    assert dict(zip(types["type"], types["records"], strict=True)) == Counter(each["type"] for each in records)
    assert types["records"].is_monotonic_decreasing
    assert types["share"].sum() == pytest.approx(1)
    assert all(GROUP_OF[row.type] == row.group for row in types.itertuples())


def test_groups_are_the_sums_of_their_types() -> None:
    records = traffic(1000)
    append(records)
    groups = figures.by_group(figures.by_type("production"))
    assert dict(zip(groups["group"], groups["records"], strict=True)) == Counter(
        GROUP_OF[each["type"]].value for each in records
    )


@pytest.mark.parametrize("unit", [Unit.HOUR, Unit.DAY, Unit.WEEK])
def test_bars_count_the_records_of_each_unit_and_type(unit: Unit) -> None:
    records = traffic(2000)
    append(records)
    bars = figures.over_time("production", EVERYTHING, unit)
    expected = Counter((unit.floor(each["timestamp"]), each["type"]) for each in records)
    found = {(start, name): int(n) for (start, name), n in bars.stack().items() if n}
    assert found == {(pd.Timestamp(start), name): count for (start, name), count in expected.items()}


def test_a_gap_is_bars_of_zero() -> None:
    append([record(at="2024-01-01T10:30:00Z"), record(at="2024-01-01T14:00:00Z")])
    bars = figures.over_time("production", EVERYTHING, Unit.HOUR)
    assert [start.hour for start in bars.index] == [10, 11, 12, 13, 14]
    assert bars["like"].tolist() == [1, 0, 0, 0, 1]


def test_a_bounded_period_has_all_its_bars() -> None:
    append([record(at="2024-01-03T10:30:00Z")])
    period = Filter(Period(START, START + timedelta(days=5)))
    assert figures.over_time("production", period, Unit.DAY)["like"].tolist() == [0, 0, 1, 0, 0]


def test_weeks_start_on_monday_even_before_1970() -> None:
    append([record(at="1969-12-28T23:59:59Z"), record(at="1969-12-29T00:00:00Z"), record(at="1970-01-04T12:00:00Z")])
    bars = figures.over_time("production", EVERYTHING, Unit.WEEK)
    assert [str(start.date()) for start in bars.index] == ["1969-12-22", "1969-12-29"]
    assert bars["like"].tolist() == [1, 2]


def test_years_span_a_stray_century() -> None:
    append([record(at="0001-01-01T00:00:00Z"), record(at="2024-05-05T00:00:00Z"), record(at="9999-12-31T23:59:59Z")])
    bars = figures.over_time("production", EVERYTHING, Unit.YEAR)
    assert len(bars) == 9999
    assert bars["like"].sum() == 3


def test_a_period_holds_its_start_and_not_its_end() -> None:
    append([record(at="2024-01-01T00:00:00Z"), record(at="2024-01-02T00:00:00Z")])
    assert figures.totals("production", Filter(Period(START, START + timedelta(days=1)))).interactions == 1


EDGES = st.integers(-2, 12).map(lambda hours: START + timedelta(hours=hours))


@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.none() | EDGES, end=st.none() | EDGES, jitter=st.sampled_from([-1, 0, 1]))
def test_any_period_counts_what_lies_in_it(start: datetime | None, end: datetime | None, jitter: int) -> None:
    records = [record("search", (START + timedelta(hours=hour)).isoformat(), user_id=f"u{hour}") for hour in range(10)]
    if not Lake("production").exists():
        append(records)
    end = end + timedelta(microseconds=jitter) if end else None
    if start and end and start >= end:
        return
    period = Period(start, end)
    within = inside(records, period)
    assert figures.totals("production", Filter(period)) == (counted(within, records) if within else None)
    bars = figures.over_time("production", Filter(period), Unit.HOUR)
    assert int(bars.to_numpy().sum()) == len(within)


def test_an_undone_import_is_no_longer_counted() -> None:
    records = traffic(300)
    append(records[:200], import_id=1)
    append(records[200:], import_id=2)
    figures.totals("production")
    remove_import(Lake("production"), 2)
    assert figures.totals("production") == counted(records[:200])
    remove_import(Lake("production"), 1)
    assert figures.totals("production") is None
    assert not figures.has_records("production")


def test_answers_are_the_same_however_the_records_are_cut_into_parts() -> None:
    records = traffic(600)
    append(records)
    for start in range(0, 600, 60):
        append(records[start : start + 60], environment="playground")
        figures.totals("playground")
    assert figures.totals("playground") == figures.totals("production")
    pd.testing.assert_frame_equal(
        figures.over_time("playground", EVERYTHING, Unit.DAY), figures.over_time("production", EVERYTHING, Unit.DAY)
    )
