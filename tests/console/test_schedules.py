"""The pages of scheduled exports, which are for owners."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from interactions.analytics.filters import Filter
from interactions.exports.filters import restored
from interactions.models import ActivityEntry, Cohort, Environment, ExportSchedule, ScheduledRun
from tests import cast
from tests.pages import HTMX, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_server")]
LIST = "/production/interactions/exports/schedules/"
NEW = f"{LIST}new/"
SENT = {
    "target": "warehouse/daily", "format": "parquet", "every": "day", "weekday": "0", "hour": "3",
    "time_zone": "Europe/Berlin", "start": "all",
}  # fmt: skip


@pytest.fixture(autouse=True)
def owner(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.EXPORT_ROOT = tmp_path
    client.force_login(cast.owner())


def created(client: Client, query: str = "", **sent: str) -> ExportSchedule:
    answer = client.post(NEW + query, {**SENT, **sent})
    assert answer.status_code == 302, answer.content.decode()
    return ExportSchedule.objects.order_by("-pk")[0]


def page_of(row: ExportSchedule) -> str:
    return f"{LIST}{row.pk}/"


def test_a_schedule_takes_the_filter_but_not_the_period(client: Client) -> None:
    row = created(client, "?region=Kent&period=7d&type=like")
    assert restored(row.filter) == Filter(types=("like",), region="Kent")
    assert (row.narrowed_by, row.target, row.time_zone, row.hour) == (
        "types, region",
        "warehouse/daily",
        "Europe/Berlin",
        3,
    )
    assert row.next_at is not None and timedelta(0) < row.next_at - timezone.now() <= timedelta(days=1)
    entry = ActivityEntry.objects.get(action="settings_changed")
    assert entry.details["what"] == "created" and "Kent" not in str(entry.details)


@pytest.mark.parametrize(
    ("query", "sent", "said"),
    [
        ("", {"target": "../out"}, "Enter s3://bucket/prefix"),
        ("", {"time_zone": "Mars"}, "Unknown time zone"),
        ("", {"format": "csv"}, "Select a valid choice"),
        ("?user=u-0000000000000007", {}, "about one person"),
        ("?type=nonsense&region=Kent", {}, "nonsense"),
    ],
)
def test_what_cannot_be_a_schedule_is_refused_with_a_sentence(
    client: Client, query: str, sent: dict[str, str], said: str
) -> None:
    assert said in client.post(NEW + query, {**SENT, **sent}).content.decode()
    assert not ExportSchedule.objects.exists()


def test_a_schedule_of_a_cohort_is_refused(client: Client) -> None:
    here = Environment.objects.get(slug="production")
    cohort = Cohort.objects.create(environment=here, name="Lately", rules=[{"types": ["checkout"], "days": 1}])
    assert "A schedule can&#x27;t follow a cohort" in client.post(f"{NEW}?cohort={cohort.pk}", SENT).content.decode()
    assert not ExportSchedule.objects.exists()


def test_the_pages_show_what_is_written_where_and_when(client: Client, tmp_path: Path) -> None:
    assert "No schedules yet" in text_of(client, LIST)
    row = created(client)
    assert f"{tmp_path}/warehouse/daily" in text_of(client, LIST)
    page = text_of(client, page_of(row))
    assert "Each day at 03:00, Europe/Berlin" in page and "It hasn't run yet." in page.replace("&#x27;", "'")


def test_runs_are_shown_with_counts_and_errors(client: Client) -> None:
    row = created(client)
    now = timezone.now()
    ScheduledRun.objects.create(schedule=row, state="done", live_until=now, records=1234, files=2, size=5_000_000)
    ScheduledRun.objects.create(schedule=row, state="failed", live_until=now, error="The bucket is gone.")
    for address in (page_of(row), LIST):
        assert "The bucket is gone." in text_of(client, address)
    page = text_of(client, page_of(row))
    assert "1,234" in page and "5.0 MB" in page and "Next try" in page
    ScheduledRun.objects.filter(state="failed").update(state="writing")
    fragment = client.get(page_of(row), headers=HTMX).content.decode()
    assert "every 1s" in fragment and "<html" not in fragment


def test_it_is_run_paused_resumed_and_removed(client: Client) -> None:
    row = created(client)
    client.post(page_of(row), {"form": "run"})
    assert ScheduledRun.objects.get().state == "waiting"
    assert "already running" in client.post(page_of(row), {"form": "run"}, follow=True).content.decode()
    for deed, expected in (("pause", True), ("pause", True), ("resume", False)):
        client.post(page_of(row), {"form": deed})
        row.refresh_from_db()
        assert row.is_paused is expected
    answer = client.post(page_of(row), {"form": "remove"}, follow=True).content.decode()
    assert "Its files are still in" in answer and "No schedules yet" in answer
    assert ScheduledRun.objects.get().state == "done"
    page = text_of(client, page_of(row))
    assert "was removed" in page and "Run now" not in page
    assert "was removed" in client.post(page_of(row), {"form": "run"}, follow=True).content.decode()


def test_schedules_of_other_environments_are_not_found(client: Client) -> None:
    row = created(client)
    assert client.get(f"/playground/interactions/exports/schedules/{row.pk}/").status_code == 404


@pytest.mark.parametrize("role", ["analyst", "privacy_admin", "viewer"])
def test_only_owners_see_the_way_there(client: Client, role: str) -> None:
    exports = "/production/interactions/exports/"
    assert LIST in text_of(client, exports)
    client.force_login(getattr(cast, role)())
    assert LIST not in client.get(exports).content.decode()
    assert client.get(LIST).status_code == 403


def test_an_environment_that_is_gone_is_not_found(client: Client) -> None:
    assert not Environment.objects.filter(slug="gone").exists()
    assert client.get("/gone/interactions/exports/schedules/").status_code == 404
