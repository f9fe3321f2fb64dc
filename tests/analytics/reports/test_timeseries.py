"""What charts over time show, against plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from interactions.analytics.filters import Filter
from interactions.analytics.index.figures import products
from interactions.analytics.periods import Period, Unit
from interactions.analytics.reports.timeseries import over_time, rhythm, sparklines

from ...lakes import record
from ...traffic import Persons, chosen, of_types, refunds, revenue
from .traffic import FILTERS, index_of, records, whole

BERLIN, KOLKATA, AMSTERDAM = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/Amsterdam")
LONG_AGO, FAR_AHEAD = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"
MASKED = [Filter(), Filter(region="Kent"), Filter(types=("search", "checkout"))]


@pytest.mark.parametrize("zone", [BERLIN, KOLKATA], ids=str)
@pytest.mark.parametrize("asked", MASKED, ids=lambda each: each.key)
def test_sparklines_have_the_totals_of_every_bar(asked: Filter, zone: ZoneInfo) -> None:
    persons, bars = Persons(records()), defaultdict(list)
    rows = chosen(records(), asked)
    for row in rows:
        bars[Unit.DAY.floor(row["timestamp"], zone)].append(row)
    sessions = Counter(Unit.DAY.floor(start, zone) for start in persons.session_starts(rows))
    found = sparklines(whole(), asked, Unit.DAY, zone)
    assert found.index[0] == min(bars) and found.index[-1] == max(bars)
    for start, line in found.iterrows():
        here = bars[start.to_pydatetime()]
        assert line["interactions"] == len(here)
        assert line["people"] == len({persons.of(row) for row in here} - {None})
        assert line["sessions"] == sessions[start]
        assert line["products"] == len({name for row in here for name in row["product_ids"] or []})
        assert line["searches"] == len(of_types(here, "search"))
        assert line["conversions"] == len(of_types(here, "checkout", "subscribe"))
        assert line["revenue"] == pytest.approx(revenue(here))
        assert line["refunds"] == pytest.approx(refunds(here))


@pytest.mark.parametrize("asked", FILTERS, ids=lambda each: each.key)
def test_records_over_time_by_type(asked: Filter) -> None:
    rows = chosen(records(), asked)
    found = over_time(whole(), asked, Unit.WEEK, BERLIN)
    expected = Counter((Unit.WEEK.floor(row["timestamp"], BERLIN), row["type"]) for row in rows)
    assert {(start, name): count for name in found for start, count in found[name].items() if count} == expected
    assert set(found) == {row["type"] for row in rows}


def test_a_period_without_records_has_its_bars() -> None:
    day = Period(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 3, tzinfo=UTC))
    found = sparklines(whole(), Filter(period=day), Unit.DAY, UTC)
    assert len(found) == 2
    assert not found.to_numpy().any()


def test_an_empty_index_has_no_bars() -> None:
    index = index_of([])
    assert over_time(index, Filter(), Unit.DAY).empty
    assert sparklines(index, Filter(), Unit.DAY).empty
    assert not rhythm(index, Filter()).to_numpy().any()


def test_products_are_told_apart_bar_by_bar_where_there_are_too_many_to_do_so_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_once = sparklines(whole(), Filter(is_assisted=True), Unit.HOUR, BERLIN)
    monkeypatch.setattr(products, "_CELLS", 64 * 7)
    pd.testing.assert_frame_equal(sparklines(index_of(records()), Filter(is_assisted=True), Unit.HOUR, BERLIN), at_once)


@pytest.mark.parametrize("zone", [BERLIN, KOLKATA, AMSTERDAM], ids=str)
@pytest.mark.parametrize("asked", MASKED, ids=lambda each: each.key)
def test_the_clock_says_weekday_and_hour(asked: Filter, zone: ZoneInfo) -> None:
    expected = np.zeros((7, 24), np.int64)
    for row in chosen(records(), asked):
        here = row["timestamp"].astimezone(zone)
        expected[here.weekday(), here.hour] += 1
    found = rhythm(whole(), asked, zone)
    assert (found.to_numpy() == expected).all()
    assert list(found.index) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def test_the_clock_is_right_on_both_sides_of_a_change_and_where_it_went_by_the_sun() -> None:
    """Amsterdam was 19 minutes 32 seconds ahead until 1937; Lord Howe's clock changes by half an hour."""
    moments = [datetime(1936, 6, 1, 22, 40, 20, tzinfo=UTC) + timedelta(seconds=each) for each in range(60)]
    moments += [datetime(2024, 4, 6, 13, tzinfo=UTC) + timedelta(minutes=each) for each in range(240)]
    index = index_of([record("read", at=str(moment), user_id="u") for moment in moments])
    for zone in (AMSTERDAM, ZoneInfo("Australia/Lord_Howe")):
        said = Counter((here.weekday(), here.hour) for here in (moment.astimezone(zone) for moment in moments))
        found = rhythm(index, Filter(), zone).to_numpy()
        assert {(day, hour): found[day, hour] for day, hour in zip(*found.nonzero(), strict=True)} == said


def test_records_at_the_ends_of_the_calendar_are_in_the_first_and_the_last_bar() -> None:
    index = index_of([record("read", LONG_AGO, user_id="u"), record("read", FAR_AHEAD, user_id="u")])
    found = over_time(index, Filter(), Unit.CENTURY, BERLIN)["read"]
    assert found.iloc[0] == found.iloc[-1] == 1
    assert found.sum() == rhythm(index, Filter(), BERLIN).to_numpy().sum() == 2


def test_no_bar_begins_with_the_calendars_last_microsecond() -> None:
    index = index_of([record("read", "2024-03-30T00:00:00Z"), record("read", FAR_AHEAD)])
    found = over_time(index, Filter(), Unit.CENTURY, UTC)["read"]
    assert found.index[-1] == pd.Timestamp(9900, 1, 1, tz=UTC)
    assert found.iloc[-1] == 1
