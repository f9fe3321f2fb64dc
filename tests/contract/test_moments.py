"""Moments are written for people at both ends of the calendar, in any zone, with four digits of the year."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from django.utils import timezone

from interactions.analytics.bars import months
from interactions.analytics.index.figures.clock import Clock
from interactions.analytics.reports.data_quality import _by_day
from interactions.console import charts
from interactions.contract.moments import EARLIEST, LATEST, local, written_in
from interactions.templatetags import presentation, records

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = [UTC, *map(ZoneInfo, ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"))]
ENDS = [EARLIEST, LATEST, datetime(279, 12, 21, 2, 53, 9, tzinfo=UTC)]


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("moment", ENDS, ids=str)
@pytest.mark.parametrize("kind", [datetime, pd.Timestamp])
def test_a_moment_is_written_whatever_it_is(moment: datetime, zone: ZoneInfo, kind: type) -> None:
    given = pd.Timestamp(moment).as_unit("us") if kind is pd.Timestamp else moment
    assert type(local(given, zone)) is datetime
    assert written_in(zone, given, "%b %-d, %Y") == written_in(zone, moment, "%b %-d, %Y")
    assert len(written_in(zone, given, "%Y")) == 4
    assert charts.stamp(given, zone)[:4] in ("0001", "0279", "9999")
    with timezone.override(zone):
        for shown in (presentation.moment, presentation.second, presentation.clock, records.time_of_day):
            assert f'datetime="{moment.year:04}-' in shown(given)
        assert presentation.clock_minute(given)
        assert f" {local(moment, zone).year:04}," in records.span(given, given)


def test_years_below_a_thousand_have_four_digits() -> None:
    assert written_in(UTC, ENDS[2], "%b %-d, %Y, %H:%M") == "Dec 21, 0279, 02:53"
    assert 'datetime="0279-12-21T02:53:09Z"' in presentation.moment(ENDS[2])


def test_months_are_held_within_the_calendar() -> None:
    ends = np.array([-62135596800000000, 0, 253402300799999999])
    assert months(ends, ZoneInfo("Pacific/Kiritimati")).tolist() == ["0001-01", "1969-12", "9999-12"]
    assert months(ends, ZoneInfo("Pacific/Pago_Pago")).tolist() == ["0001-01", "1969-12", "9999-12"]


def test_days_are_held_within_the_calendar() -> None:
    first, last = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH).days, (datetime(9999, 12, 31, tzinfo=UTC) - EPOCH).days
    counts = np.zeros(last - first + 3, np.int64)  # a day before the calendar begins, and one after it ends
    counts[[0, 1, -2, -1]] = 2, 3, 4, 5
    days = _by_day(Clock(np.zeros(168, np.int64), counts, first - 1))
    assert days == {date(1, 1, 1): 5, date(9999, 12, 31): 9}
