"""Old records go once a day where an environment says for how long they are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from interactions.analytics.reports import people
from interactions.models import ActivityEntry, Environment, RetentionRun
from interactions.privacy import data_retention
from tests import figures
from tests.ingest.imports.conftest import folders, house
from tests.ingest.imports.files import Record, as_lines, record
from tests.ingest.imports.house import House, rows

__all__ = ["folders", "house"]


def production(**settings: Any) -> Environment:
    Environment.objects.filter(slug="production").update(**settings)
    return Environment.objects.get(slug="production")


def aged(number: int, days: float) -> Record:
    return record(number, timestamp=(timezone.now() - timedelta(days=days)).isoformat())


@pytest.mark.parametrize(
    ("now", "months", "zone", "before"),
    [
        ("2024-05-31T10:00:00+00:00", 3, "UTC", "2024-02-29T00:00:00+00:00"),
        ("2024-01-15T10:00:00+00:00", 1, "UTC", "2023-12-15T00:00:00+00:00"),
        ("2024-01-15T10:00:00+00:00", 13, "UTC", "2022-12-15T00:00:00+00:00"),
        ("2024-07-01T23:00:00+00:00", 1, "Europe/Berlin", "2024-06-02T00:00:00+02:00"),
        ("2024-04-15T10:00:00+00:00", 3, "Europe/Berlin", "2024-01-15T00:00:00+01:00"),
        ("2024-04-15T10:00:00+00:00", 1_200 * 30, "UTC", None),
        ("2024-04-15T10:00:00+00:00", None, "UTC", None),
    ],
)
def test_what_is_older_is_told_by_whole_days_of_the_zone(
    now: str, months: int | None, zone: str, before: str | None
) -> None:
    environment = Environment(slug="here", time_zone=zone)
    found = data_retention.before(environment, months, datetime.fromisoformat(now))
    assert found == (datetime.fromisoformat(before) if before else None)


def test_a_run_removes_what_is_too_old_and_says_so(house: House) -> None:
    house.done(as_lines([aged(1, 400), aged(2, 200), aged(3, 10), aged(4, 500)]))
    assert figures.totals("production").interactions == 4
    done = data_retention.run(production(retention_months=12))
    assert done is not None and (done.records, done.months) == (2, 12)
    assert sorted(row["user_id"] for row in rows()) == ["user-2", "user-3"]
    assert figures.totals("production").interactions == 2
    noted = ActivityEntry.objects.get(action="retention_run")
    assert noted.details["records"] == 2


def test_a_run_with_nothing_to_remove_leaves_the_table_alone(house: House) -> None:
    house.done(as_lines([aged(1, 10)]))
    assert data_retention.run(production(retention_months=12)) is None
    assert not RetentionRun.objects.exists()


def test_the_scheduler_runs_each_environment_that_has_a_limit_once_a_day(house: House) -> None:
    production(retention_months=1)
    house.done(as_lines([aged(1, 100)]))
    house.done(as_lines([aged(2, 100)]), environment="playground")
    data_retention.run_due()
    assert (len(rows()), len(rows("playground"))) == (0, 1)
    house.done(as_lines([aged(3, 100)]))
    data_retention.run_due()
    assert len(rows()) == 1
    RetentionRun.objects.update(at=timezone.now() - timedelta(days=1))
    data_retention.run_due()
    assert len(rows()) == 0


@pytest.mark.parametrize("months", [0, -1, 1_201])
def test_a_number_of_months_that_cannot_be_kept_is_refused(db: None, months: int) -> None:
    with pytest.raises(data_retention.BadRetention, match="1 to 1,200 months"):
        data_retention.keep(production(), months)


def test_a_preview_counts_by_month_of_the_zone(house: House) -> None:
    edge = ["2024-02-29T23:30:00Z", "2024-03-01T00:30:00Z", "2024-03-31T23:30:00Z"]
    house.done(as_lines([record(n, timestamp=at) for n, at in enumerate(edge)]))
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    in_utc = people.by_month("production", moment, ZoneInfo("UTC"))
    assert dict(zip(in_utc["month"], in_utc["records"], strict=True)) == {"2024-02": 1, "2024-03": 2}
    in_berlin = people.by_month("production", moment, ZoneInfo("Europe/Berlin"))
    assert dict(zip(in_berlin["month"], in_berlin["records"], strict=True)) == {"2024-03": 2, "2024-04": 1}
