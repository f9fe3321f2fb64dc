"""Which days are pulled, and when: by the project's clock, oldest first, and once more for what comes late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from interactions.ingest.pulls.days import bounds, next_day, next_look
from interactions.ingest.pulls.sources import PULL_SOURCES
from interactions.models import Connection, Environment, Pull, PulledDay

pytestmark = pytest.mark.django_db
FIRST = date(2026, 11, 1)


def pull(source: str = "mixpanel", *, since: date = FIRST, zone: str = "") -> Pull:
    production = Environment.objects.get(slug="production")
    connection = Connection.objects.create(environment=production, source=source, name="Shop", digest="none")
    return Pull.objects.create(connection=connection, region="eu", zone=zone, since=since)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def done(day: PulledDay, now: datetime) -> tuple[str, bool]:
    day.state, day.pulled_at = PulledDay.State.IMPORTED, now
    day.save()
    return day.day.isoformat(), day.again


def all_due(pull: Pull, now: datetime) -> list[tuple[str, bool]]:
    found = []
    while (day := next_day(pull, now)) is not None:
        found.append(done(day, now))
    return found


def test_whole_days_are_pulled_oldest_first_once_their_events_are_there() -> None:
    mine = pull()
    assert all_due(mine, at("2026-11-03T05:59")) == [("2026-11-01", False)]
    assert all_due(mine, at("2026-11-03T06:00")) == [("2026-11-02", False)]
    assert next_look(mine, at("2026-11-03T06:00")) == at("2026-11-04T06:00")
    assert next_look(mine, at("2026-11-04T05:00")) == at("2026-11-04T06:00")


def test_a_day_is_one_of_the_projects_zone_also_where_the_clocks_change() -> None:
    mine = pull(zone="Europe/Berlin")
    assert bounds(mine, date(2026, 10, 25)) == (at("2026-10-24T22:00"), at("2026-10-25T23:00"))  # 25 hours
    assert all_due(mine, at("2026-11-02T04:59")) == []
    assert all_due(mine, at("2026-11-02T05:00")) == [("2026-11-01", False)]


def test_days_of_a_zone_with_half_hours_share_no_hour() -> None:
    mine = pull("amplitude", zone="Asia/Kolkata")
    first, second = (bounds(mine, day) for day in (FIRST, FIRST + timedelta(days=1)))
    assert first[1] == second[0] == at("2026-11-01T18:00")


def test_a_day_pulled_before_its_late_events_came_is_pulled_once_more() -> None:
    mine = pull(since=date(2026, 10, 20))
    first = all_due(mine, at("2026-11-01T06:00"))
    assert [again for _, again in first] == [False] * 12  # days that are long over need nothing more
    assert all_due(mine, at("2026-11-01T23:59")) == []
    assert all_due(mine, at("2026-11-02T06:00")) == [("2026-11-01", False), ("2026-10-27", True)]
    assert all_due(mine, at("2026-11-04T06:00")) == [
        ("2026-11-02", False),
        ("2026-11-03", False),
        ("2026-10-28", True),
        ("2026-10-29", True),
    ]


def test_amplitude_counts_by_upload_so_nothing_comes_late() -> None:
    mine = pull("amplitude")
    assert all_due(mine, at("2026-11-02T02:59")) == []
    assert all_due(mine, at("2026-11-02T03:00")) == [("2026-11-01", False)]
    assert all_due(mine, at("2026-12-01T00:00"))[-1] == ("2026-11-29", False)
    assert PULL_SOURCES["amplitude"].late is None


def test_a_day_that_was_begun_comes_first() -> None:
    mine = pull()
    now = at("2026-11-09T12:00")
    begun = next_day(mine, now)
    assert begun is not None
    assert next_day(mine, now) == begun
