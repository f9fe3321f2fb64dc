"""Periods and the bars they are cut into."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.analytics.periods import MOST_BARS, Period, Unit, allowed_units, default_unit

MOMENTS = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(MOMENTS, st.sampled_from(Unit))
def test_every_moment_falls_into_the_bar_that_starts_before_it(moment: datetime, unit: Unit) -> None:
    start = unit.floor(moment)
    assert start <= moment < unit.after(start)
    assert unit.floor(start) == start
    assert unit.bars(start, unit.after(start)) == 1


@given(MOMENTS)
def test_days_start_at_midnight_and_weeks_on_monday(moment: datetime) -> None:
    assert Unit.DAY.floor(moment) == moment.replace(hour=0, minute=0, second=0, microsecond=0)
    assert Unit.WEEK.floor(moment).weekday() == 0
    assert Unit.WEEK.floor(moment).time() == datetime.min.time()


@given(MOMENTS, st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=300_000)))
def test_the_unit_chosen_by_default_is_allowed(start: datetime, width: timedelta) -> None:
    end = min(start + width, at("9998-12-31")) if start.year + width.days / 365 < 9990 else start + timedelta(days=1)
    units = allowed_units(start, end)
    assert default_unit(start, end) in units
    assert all(unit.bars(start, end) <= MOST_BARS for unit in units if unit is not Unit.YEAR)


def test_hours_are_refused_where_they_would_be_too_many() -> None:
    assert allowed_units(at("2024-01-01"), at("2024-03-01")) == [Unit.HOUR, Unit.DAY, Unit.WEEK, Unit.MONTH]
    assert allowed_units(at("2020-01-01"), at("2024-03-01")) == [Unit.DAY, Unit.WEEK, Unit.MONTH]
    assert allowed_units(at("1800-01-01"), at("2024-03-01")) == [Unit.YEAR]
    assert allowed_units(at("1000-01-01"), at("2024-03-01")) == [Unit.DECADE]


@pytest.mark.parametrize(
    ("start", "end", "unit"),
    [
        ("2020-01-01", "2026-12-01", Unit.MONTH),
        ("1970-01-01", "2026-12-01", Unit.YEAR),
        ("0001-01-01", "2026-12-01", Unit.DECADE),
        ("2024-01-01", "2999-01-01", Unit.DECADE),
        ("0001-01-01", "9999-12-31", Unit.CENTURY),
    ],
)
def test_a_record_of_another_time_makes_wider_bars_and_not_more(start: str, end: str, unit: Unit) -> None:
    assert default_unit(at(start), at(end)) is unit
    assert unit.bars(at(start), at(end)) <= 300


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        ("2024-11-01", "2024-11-16", ("2024-10-01", "2024-10-16")),
        ("2024-11-01", "2024-12-01", ("2024-10-01", "2024-10-31")),
        ("2024-03-01", "2024-04-01", ("2024-02-01", "2024-03-01")),  # a shorter month is taken whole
        ("2024-03-01", "2024-03-02", ("2024-02-01", "2024-02-02")),
        ("2024-01-01", "2024-01-10", ("2023-12-01", "2023-12-10")),
    ],
)
def test_days_of_a_month_are_compared_with_the_same_days(start: str, end: str, before: tuple[str, str]) -> None:
    assert Period(at(start), at(end)).same_days_before() == Period(at(before[0]), at(before[1]))


def test_the_last_days_are_whole_days_that_end_with_the_last_record() -> None:
    assert Period.last_days(7, at("2024-03-30T23:59:59")) == Period(at("2024-03-24"), at("2024-03-31"))
    assert Period.last_days(1, at("2024-03-30")) == Period(at("2024-03-30"), at("2024-03-31"))
    assert Period.last_24_hours(at("2024-03-30T10:20")) == Period(at("2024-03-29T11:00"), at("2024-03-30T11:00"))


def test_periods_at_the_end_of_time_hold() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert Period.last_days(7, last).end == last
    assert Period.last_days(7, datetime.min.replace(tzinfo=UTC)).start == datetime.min.replace(tzinfo=UTC)


@pytest.mark.parametrize(("start", "end"), [("2024-02-01", "2024-01-01"), ("2024-01-01", "2024-01-01")])
def test_a_period_that_does_not_go_forward_is_refused(start: str, end: str) -> None:
    with pytest.raises(ValueError, match="after its start"):
        Period(at(start), at(end))


def test_a_bound_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Period(datetime(2024, 1, 1))  # noqa: DTZ001 - the fault under test


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "Europe/Berlin", "UTC"])
@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 30), date(9999, 12, 31)])
def test_the_first_and_last_days_of_the_calendar_have_no_more_hours_than_others(zone: str, day: date) -> None:
    """Where the clock of a zone is past the calendar, it says the same at every moment."""
    here = ZoneInfo(zone)
    period = Period.of_days(day, day, here)
    assert period.start is not None and period.end is not None
    at, hours = Unit.HOUR.floor(period.start, here), 0
    while at < period.end and hours < 100:
        assert Unit.HOUR.after(at, here) > at
        at, hours = Unit.HOUR.after(at, here), hours + 1
    assert hours <= 38
