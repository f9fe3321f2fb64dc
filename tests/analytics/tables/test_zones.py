"""Bars in the zones of the world: against clocks, walked minute by minute, and against plain Python's dates."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions.analytics.filters import Filter
from interactions.analytics.periods import Period, Unit, allowed_units, default_unit
from interactions.warehouse.lake import Lake
from tests import figures

from ...lakes import Record, append, record
from ...traffic import START, Persons, of_types, refunds, revenue, traffic

BERLIN, NEW_YORK, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")
# Offsets of half and quarter hours; clocks changed by half an hour, at midnight, a minute after it; a day left out;
# local time of the sun.
ODD = [
    *("Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "America/Sao_Paulo"),
    *("America/Toronto", "Africa/Monrovia", "Europe/Amsterdam", "America/Juneau", "Africa/Casablanca"),
]
ZONES = st.sampled_from([BERLIN, NEW_YORK, KOLKATA, *map(ZoneInfo, ODD)])
MOMENTS = st.datetimes(
    min_value=datetime(1840, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
ALL = Filter()


def at(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@given(MOMENTS, st.sampled_from(Unit), ZONES)
def test_every_moment_falls_into_one_bar(moment: datetime, unit: Unit, zone: ZoneInfo) -> None:
    start = unit.floor(moment, zone)
    following = unit.after(start, zone)
    assert start <= moment < following
    assert unit.floor(start, zone) == start
    assert unit.floor(following - timedelta(microseconds=1), zone) == start
    assert unit.floor(following, zone) == following


@given(MOMENTS, ZONES)
def test_days_weeks_months_and_years_begin_with_their_first_day(moment: datetime, zone: ZoneInfo) -> None:
    week, month, year = (unit.floor(moment, zone).astimezone(zone) for unit in (Unit.WEEK, Unit.MONTH, Unit.YEAR))
    for start in (week, month, year):
        assert (start - timedelta(microseconds=1)).astimezone(UTC).astimezone(zone).date() < start.date()
    if zone.key not in ("Pacific/Apia", "America/Juneau"):  # where days were left out or came twice
        assert week.weekday() == 0
        assert (month.day, year.day, year.month) == (1, 1, 1)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("Europe/Berlin", "2024-03-31T01:00"),
        ("Europe/Berlin", "2024-10-27T01:00"),
        ("Australia/Lord_Howe", "2024-04-06T15:00"),
        ("Australia/Lord_Howe", "2024-10-05T15:30"),
        ("America/St_Johns", "2011-03-13T03:31"),
        ("Pacific/Apia", "2011-12-30T10:00"),
    ],
)
def test_hours_begin_where_the_clock_shows_one_or_is_set(name: str, change: str) -> None:
    """Walked in steps of a minute over a change of the clock."""
    zone, moment = ZoneInfo(name), at(change, ZoneInfo("UTC"))
    starts = []
    for minute in range(-200, 200):
        before, now = ((moment + timedelta(minutes=minute - step)).astimezone(zone) for step in (1, 0))
        passed = (before.utcoffset() - now.utcoffset()) % timedelta(hours=1)
        if now.minute == 0 or passed:
            starts.append(moment + timedelta(minutes=minute))
    walked = [starts[0]]
    while walked[-1] < starts[-1]:
        walked.append(Unit.HOUR.after(walked[-1], zone))
    assert walked == starts


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2024-03-31", BERLIN, 23),
        ("2024-10-27", BERLIN, 25),
        ("2024-03-30", BERLIN, 24),
        ("2024-03-10", NEW_YORK, 23),
        ("2024-11-03", NEW_YORK, 25),
        ("2018-11-04", ZoneInfo("America/Sao_Paulo"), 23),  # the clock goes from midnight to one
    ],
)
def test_a_day_has_the_hours_that_its_clock_has(day: str, zone: ZoneInfo, hours: int) -> None:
    start = Unit.DAY.floor(at(f"{day}T12:00", zone), zone)
    end = Unit.DAY.after(start, zone)
    assert end - start == timedelta(hours=hours)
    assert Unit.HOUR.bars(start, end, zone) == hours


def test_a_day_left_out_has_no_bar() -> None:
    apia = ZoneInfo("Pacific/Apia")  # 30 December 2011 was left out
    eve = Unit.DAY.floor(at("2011-12-29T12:00", apia), apia)
    assert Unit.DAY.after(eve, apia).astimezone(apia).date() == date(2011, 12, 31)


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        ("2024-03-01", "2024-04-01", "2024-02-01"),
        ("2024-01-01", "2024-04-01", "2023-10-01"),
        ("2024-01-01", "2025-01-01", "2023-01-01"),
        ("2024-03-25", "2024-04-01", "2024-03-18"),  # a week in which the clocks change
        ("2024-03-31", "2024-04-01", "2024-03-30"),
        ("2024-03-10", "2024-04-09", "2024-02-09"),
        ("2024-03-31T00:00", "2024-03-31T06:00", "2024-03-30T19:00"),  # 5 hours on this morning
    ],
)
def test_what_a_period_is_compared_with(start: str, end: str, before: str) -> None:
    previous = Period(at(start, BERLIN), at(end, BERLIN)).previous(BERLIN)
    assert previous == Period(at(before, BERLIN), at(start, BERLIN))


@pytest.mark.parametrize("period", [Period(), Period(START, None), Period(None, START)])
def test_an_open_period_has_none_before_it(period: Period) -> None:
    assert period.previous(BERLIN) is None


def test_nothing_comes_before_the_first_moment() -> None:
    first = datetime.min.replace(tzinfo=UTC)
    assert Period(first, first + timedelta(days=1)).previous() is None
    assert Period(first + timedelta(days=31), datetime(1, 4, 1, tzinfo=UTC)).previous() == Period(
        first, first + timedelta(days=31)
    )


def test_periods_of_days_are_days_of_the_zone() -> None:
    assert Period.of_days(date(2024, 3, 31), date(2024, 3, 31), BERLIN) == Period(
        datetime(2024, 3, 30, 23, tzinfo=UTC), datetime(2024, 3, 31, 22, tzinfo=UTC)
    )
    last = datetime(2024, 3, 31, 12, tzinfo=UTC)
    assert Period.last_days(2, last, BERLIN) == Period.of_days(date(2024, 3, 30), date(2024, 3, 31), BERLIN)
    assert Period.last_24_hours(last, KOLKATA).end == datetime(2024, 3, 31, 12, 30, tzinfo=UTC)


def test_months_are_for_years_of_data() -> None:
    start = at("2020-01-01", BERLIN)
    assert default_unit(start, at("2021-01-01", BERLIN), BERLIN) is Unit.WEEK
    assert default_unit(start, at("2024-01-01", BERLIN), BERLIN) is Unit.MONTH
    assert Unit.MONTH in allowed_units(start, at("2200-01-01", BERLIN), BERLIN)
    assert allowed_units(start, at("2300-01-01", BERLIN), BERLIN) == [Unit.YEAR]


# --- Questions ---


def label(moment: datetime, unit: Unit, zone: ZoneInfo) -> tuple[object, ...]:
    """The bar of a moment, as Python's own calendar names it."""
    local = moment.astimezone(zone)
    names = {
        Unit.HOUR: (local.date(), local.hour, local.utcoffset()),
        Unit.DAY: (local.date(),),
        Unit.WEEK: local.isocalendar()[:2],
        Unit.MONTH: (local.year, local.month),
        Unit.YEAR: (local.year,),
        Unit.DECADE: (local.year // 10,),
        Unit.CENTURY: (local.year // 100,),
    }
    return tuple(names[unit])


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, KOLKATA, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")])
@pytest.mark.parametrize("unit", Unit)
def test_records_are_counted_in_the_bars_of_the_zone(unit: Unit, zone: ZoneInfo) -> None:
    records = traffic(1200, days=40)
    append(records)
    bars = figures.over_time("production", ALL, unit, zone)
    found = {label(start, unit, zone): int(count) for start, count in bars.sum(axis=1).items() if count}
    assert found == Counter(label(each["timestamp"], unit, zone) for each in records)
    assert bars.index.is_monotonic_increasing and bars.index.is_unique
    assert bars.index[0] == unit.floor(min(each["timestamp"] for each in records), zone)


EDGES = [
    record("read", moment.isoformat(), user_id=f"u{place}")
    for place, moment in enumerate(
        change + timedelta(hours=hour, microseconds=jitter)
        for change in (
            datetime(1937, 6, 30, 23, 40, 28, tzinfo=UTC),  # Amsterdam gives up the time of its own sun
            datetime(1972, 1, 7, 0, 44, 30, tzinfo=UTC),  # Monrovia
            datetime(2008, 3, 9, 3, 31, tzinfo=UTC),  # St. John's, a minute past midnight
            datetime(2024, 3, 31, 1, tzinfo=UTC),
            datetime(2024, 4, 6, 15, tzinfo=UTC),
            datetime(2024, 10, 27, 1, tzinfo=UTC),
        )
        for hour in range(-26, 27)
        for jitter in (-1, 0)
    )
]


@examples(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(zone=ZONES, unit=st.sampled_from([unit for unit in Unit if unit is not Unit.HOUR]))
def test_records_at_the_edges_of_bars_are_counted_where_they_belong(zone: ZoneInfo, unit: Unit) -> None:
    if not Lake("production").exists():
        append(EDGES)
    bars = figures.over_time("production", ALL, unit, zone)["read"]
    found = {start: int(count) for start, count in bars.items() if count}
    assert found == Counter(pd.Timestamp(unit.floor(each["timestamp"], zone)) for each in EDGES)


@examples(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(zone=ZONES)
def test_the_rhythm_is_what_clocks_say(zone: ZoneInfo) -> None:
    if not Lake("production").exists():
        append(EDGES)
    expected = Counter(
        (local.weekday(), local.hour) for local in (each["timestamp"].astimezone(zone) for each in EDGES)
    )
    grid = figures.rhythm("production", ALL, zone)
    assert grid.shape == (7, 24) and grid.index[0] == "Mon"
    found = {(day, hour): int(grid.iloc[day, hour]) for day in range(7) for hour in range(24)}
    assert {place: count for place, count in found.items() if count} == expected


def test_the_rhythm_of_nothing_is_zeros() -> None:
    assert figures.rhythm("production", ALL, BERLIN).to_numpy().sum() == 0


@pytest.mark.parametrize(("unit", "zone"), [(Unit.DAY, BERLIN), (Unit.HOUR, KOLKATA), (Unit.WEEK, NEW_YORK)])
def test_sparklines_are_the_totals_of_each_bar(unit: Unit, zone: ZoneInfo) -> None:
    records = traffic(700, days=14)
    append(records[:300])
    append(records[300:])
    asked = Filter(Period(START + timedelta(days=1), START + timedelta(days=13)))
    inside = [each for each in records if asked.period.start <= each["timestamp"] < asked.period.end]
    lines = figures.sparklines("production", asked, unit, zone)
    persons = Persons(records)
    begun = Counter(unit.floor(start, zone) for start in persons.session_starts(inside))
    assert int(lines["sessions"].sum()) == figures.totals("production", asked).sessions == begun.total()
    for start, row in lines.iterrows():
        them = [each for each in inside if unit.floor(each["timestamp"], zone) == start]
        assert row.to_dict() == pytest.approx(expected_line(them, persons, begun[start.to_pydatetime()]))
    assert len(lines) == unit.bars(asked.period.start, asked.period.end, zone)


def expected_line(them: list[Record], persons: Persons, sessions: int) -> dict[str, float]:
    return {
        "interactions": len(them),
        "people": len(set(map(persons.of, them)) - {None}),
        "sessions": sessions,
        "products": len({name for each in them for name in each["product_ids"] or []}),
        "searches": len(of_types(them, "search")),
        "conversions": len(of_types(them, "checkout", "subscribe")),
        "revenue": revenue(them),
        "refunds": refunds(them),
    }


def test_sparklines_of_nothing_have_their_columns() -> None:
    assert list(figures.sparklines("production", ALL, Unit.DAY, BERLIN).columns) == list(
        expected_line([], Persons([]), 0)
    )
    bounded = Filter(Period(START, START + timedelta(days=3)))
    assert figures.sparklines("production", bounded, Unit.DAY).to_numpy().tolist() == [[0] * 8] * 3


def test_totals_are_compared_with_those_of_the_period_before() -> None:
    append([record(at="2024-02-10T00:00:00Z"), record(at="2024-03-30T23:30:00Z"), record(at="2024-03-31T22:30:00Z")])
    now, before = figures.compared(
        "production", Filter(Period(at("2024-03-01", BERLIN), at("2024-04-01", BERLIN))), BERLIN
    )
    assert now.interactions == 1 and before.interactions == 1
    now, before = figures.compared("production", ALL, BERLIN)
    assert now.interactions == 3 and before is None
