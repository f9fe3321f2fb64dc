"""The dashboard's questions, each number counted another way: in plain Python over the same records."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions.analytics import engine
from interactions.analytics.filters import Filter
from interactions.analytics.periods import Period, Unit
from interactions.contract.schema import GROUP_OF
from interactions.contract.tombstones import Tombstones
from interactions.queries import answers, dashboard
from interactions.queries.covering import cover
from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import remove_import

from ..lakes import Record, append, record
from .traffic import Persons, of_types, revenue, traffic

START = datetime(2024, 1, 1, tzinfo=UTC)
EVERYTHING = Filter()


def inside(records: list[Record], period: Period) -> list[Record]:
    return [
        each
        for each in records
        if (period.start is None or each["timestamp"] >= period.start)
        and (period.end is None or each["timestamp"] < period.end)
    ]


def counted(records: list[Record], everything: list[Record] | None = None) -> dashboard.Totals:
    persons = Persons(records if everything is None else everything)
    return dashboard.Totals(
        interactions=len(records),
        people=len(set(map(persons.of, records)) - {None}),
        sessions=len(persons.session_starts(records)),
        searches=len(of_types(records, "search")),
        conversions=len(of_types(records, "checkout", "subscribe")),
        revenue=pytest.approx(revenue(records)),
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
    assert dashboard.totals("production") == counted(records)


def test_totals_of_an_import_count_its_records_alone() -> None:
    records = traffic(500)
    append(records[:200], import_id=1)
    append(records[200:], import_id=2)
    assert dashboard.totals("production", Filter(import_id=2)) == counted(records[200:], records)


def test_environments_are_told_apart() -> None:
    append(traffic(10), environment="playground")
    assert dashboard.totals("production") is None
    assert dashboard.totals("playground").interactions == 10


def test_an_environment_without_a_table_has_typed_empty_answers() -> None:
    assert dashboard.totals("production") is None
    types = dashboard.by_type("production")
    assert list(types.columns) == ["type", "group", "records", "share", "first", "last"]
    assert types.empty and types["records"].dtype == "int64"
    assert dashboard.by_group(types).empty
    bars = dashboard.over_time("production", EVERYTHING, Unit.DAY)
    assert bars.empty and str(bars.index.dtype) == "datetime64[us, UTC]"
    assert dashboard.users("production") == dashboard.products("production") == 0
    assert not dashboard.has_records("production")


def test_types_are_counted_with_their_share_most_first() -> None:
    records = traffic(1000)
    append(records)
    types = dashboard.by_type("production")
    assert dict(zip(types["type"], types["records"], strict=True)) == Counter(each["type"] for each in records)
    assert types["records"].is_monotonic_decreasing
    assert types["share"].sum() == pytest.approx(1)
    assert all(GROUP_OF[row.type] == row.group for row in types.itertuples())


def test_groups_are_the_sums_of_their_types() -> None:
    records = traffic(1000)
    append(records)
    groups = dashboard.by_group(dashboard.by_type("production"))
    assert dict(zip(groups["group"], groups["records"], strict=True)) == Counter(
        GROUP_OF[each["type"]].value for each in records
    )


@pytest.mark.parametrize("unit", [Unit.HOUR, Unit.DAY, Unit.WEEK])
def test_bars_count_the_records_of_each_unit_and_type(unit: Unit) -> None:
    records = traffic(2000)
    append(records)
    bars = dashboard.over_time("production", EVERYTHING, unit)
    expected = Counter((unit.floor(each["timestamp"]), each["type"]) for each in records)
    found = {(start, name): int(n) for (start, name), n in bars.stack().items() if n}
    assert found == {(pd.Timestamp(start), name): count for (start, name), count in expected.items()}


def test_a_gap_is_bars_of_zero() -> None:
    append([record(at="2024-01-01T10:30:00Z"), record(at="2024-01-01T14:00:00Z")])
    bars = dashboard.over_time("production", EVERYTHING, Unit.HOUR)
    assert [start.hour for start in bars.index] == [10, 11, 12, 13, 14]
    assert bars["like"].tolist() == [1, 0, 0, 0, 1]


def test_a_bounded_period_has_all_its_bars() -> None:
    append([record(at="2024-01-03T10:30:00Z")])
    period = Filter(Period(START, START + timedelta(days=5)))
    assert dashboard.over_time("production", period, Unit.DAY)["like"].tolist() == [0, 0, 1, 0, 0]


def test_weeks_start_on_monday_even_before_1970() -> None:
    append([record(at="1969-12-28T23:59:59Z"), record(at="1969-12-29T00:00:00Z"), record(at="1970-01-04T12:00:00Z")])
    bars = dashboard.over_time("production", EVERYTHING, Unit.WEEK)
    assert [str(start.date()) for start in bars.index] == ["1969-12-22", "1969-12-29"]
    assert bars["like"].tolist() == [1, 2]


def test_years_span_a_stray_century() -> None:
    append([record(at="0001-01-01T00:00:00Z"), record(at="2024-05-05T00:00:00Z"), record(at="9999-12-31T23:59:59Z")])
    bars = dashboard.over_time("production", EVERYTHING, Unit.YEAR)
    assert len(bars) == 9999
    assert bars["like"].sum() == 3


def test_a_period_holds_its_start_and_not_its_end() -> None:
    append([record(at="2024-01-01T00:00:00Z"), record(at="2024-01-02T00:00:00Z")])
    assert dashboard.totals("production", Filter(Period(START, START + timedelta(days=1)))).interactions == 1


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
    assert dashboard.totals("production", Filter(period)) == (counted(within, records) if within else None)
    bars = dashboard.over_time("production", Filter(period), Unit.HOUR)
    assert int(bars.to_numpy().sum()) == len(within)


# --- Answers that are remembered ---


def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many parts each reading of the table covers from now on."""
    readings: list[int] = []
    answer, records = engine.answer, engine.Reading.records

    def watched(files: list[str], hidden: Tombstones, expression: engine.Expression) -> pa.Table:
        readings.append(len(files))
        return answer(files, hidden, expression)

    def seen(self: engine.Reading, files: list[str], hidden: Tombstones | None = None) -> ibis.Table:
        readings.append(len(files))
        return records(self, files, hidden)

    monkeypatch.setattr(answers, "answer", watched)
    monkeypatch.setattr(engine.Reading, "records", seen)
    return readings


def test_a_question_asked_again_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    append(traffic(50))
    first = dashboard.totals("production")
    readings = asked(monkeypatch)
    assert dashboard.totals("production") == first
    assert readings == []


def test_after_an_append_only_the_new_part_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    records = traffic(400)
    for start in range(0, 300, 100):
        append(records[start : start + 100])
    cover("production", UTC)
    append(records[300:])
    readings = asked(monkeypatch)
    assert dashboard.totals("production") == counted(records)
    bars = dashboard.over_time("production", EVERYTHING, Unit.DAY)
    assert int(bars.to_numpy().sum()) == 400
    assert set(readings) == {1}


def test_after_many_appends_what_is_remembered_moves_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_of = Filter(locale="en")
    append([record(locale="en")])
    dashboard.by_type("production", asked_of)
    for _ in range(answers._NEW_PARTS):
        append([record(locale="en")])
    assert dashboard.by_type("production", asked_of)["records"].sum() == answers._NEW_PARTS + 1
    append([record(locale="en")])
    readings = asked(monkeypatch)
    assert dashboard.by_type("production", asked_of)["records"].sum() == answers._NEW_PARTS + 2
    assert readings == [1]


def test_an_undone_import_is_no_longer_counted() -> None:
    records = traffic(300)
    append(records[:200], import_id=1)
    append(records[200:], import_id=2)
    dashboard.totals("production")
    remove_import(Lake("production"), 2)
    assert dashboard.totals("production") == counted(records[:200])
    remove_import(Lake("production"), 1)
    assert dashboard.totals("production") is None
    assert not dashboard.has_records("production")


def test_without_the_cache_questions_are_answered_all_the_same(settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///nowhere/redis.sock"}
    }
    records = traffic(100)
    append(records)
    assert dashboard.totals("production") == counted(records)


def test_parts_that_vanish_while_they_are_read_are_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    records = traffic(100)
    append(records, import_id=1)
    append(traffic(20, seed=2), import_id=2)
    stale = engine.snapshot("production")
    remove_import(Lake("production"), 2)
    states = iter([*[stale] * 3, engine.snapshot("production")])
    monkeypatch.setattr(answers, "snapshot", lambda environment: next(states))
    assert int(dashboard.by_type("production")["records"].sum()) == 100


def test_a_question_that_takes_longer_than_the_patience_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    append(traffic(100), import_id=1)
    append(traffic(20, seed=2), import_id=2)
    stale = engine.snapshot("production")
    remove_import(Lake("production"), 2)
    states = iter([stale, stale, engine.snapshot("production")])
    monkeypatch.setattr(answers, "snapshot", lambda environment: next(states))
    monkeypatch.setattr(answers, "_PATIENCE_SECONDS", 0)
    assert int(dashboard.by_type("production")["records"].sum()) == 100


def test_a_table_that_will_not_hold_still_is_said_to_be_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    append(traffic(20), import_id=2)
    stale = engine.snapshot("production")
    remove_import(Lake("production"), 2)
    monkeypatch.setattr(answers, "snapshot", lambda environment: stale)
    monkeypatch.setattr(answers, "_PATIENCE_SECONDS", 0.1)
    with pytest.raises(answers.DataSetBusy, match="Try again"):
        dashboard.users("production")


def test_answers_are_the_same_however_the_records_are_cut_into_parts() -> None:
    records = traffic(600)
    append(records)
    for start in range(0, 600, 60):
        append(records[start : start + 60], environment="playground")
        dashboard.totals("playground")
    assert dashboard.totals("playground") == dashboard.totals("production")
    pd.testing.assert_frame_equal(
        dashboard.over_time("playground", EVERYTHING, Unit.DAY), dashboard.over_time("production", EVERYTHING, Unit.DAY)
    )


def test_large_answers_are_remembered_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, int] = {}
    monkeypatch.setattr(
        answers, "_remember", lambda key, table, seconds: kept.update({key.rpartition(":")[0]: seconds})
    )
    append(traffic(200))
    monkeypatch.setattr(answers, "_LARGE", 500)
    dashboard.over_time("production", EVERYTHING, Unit.DAY)
    dashboard.by_type("production", Filter(types=("read",)))
    assert kept["answer:production:counts_of_days"] == 3600
    assert kept["answer:production:by_type"] == 24 * 3600


def test_while_the_table_is_held_still_all_answers_agree() -> None:
    append(traffic(50))
    with answers.holding_still():
        before = dashboard.totals("production")
        append(traffic(20, seed=2))
        assert int(dashboard.by_type("production")["records"].sum()) == 50
        assert dashboard.totals("playground") is None
    assert before is not None and before.interactions == 50
    assert int(dashboard.by_type("production")["records"].sum()) == 70


def test_a_version_that_goes_away_gives_way_to_the_next() -> None:
    append(traffic(50))
    append(traffic(20, seed=2), import_id=2)
    with answers.holding_still():
        assert dashboard.by_type("production")["records"].sum() == 70
        remove_import(Lake("production"), 2)
        bars = dashboard.over_time("production", EVERYTHING, Unit.DAY)
    assert int(bars.to_numpy().sum()) == 50
