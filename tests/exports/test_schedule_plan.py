"""When schedules are due, and where they may write."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from interactions.analytics.filters import Filter
from interactions.exports import schedule as scheduling
from interactions.exports.schedule import ScheduleAsked, ScheduleRefused, plan, target
from interactions.exports.schedule.target import TargetRefused
from interactions.models import Environment, ExportSchedule

NOON = datetime(2026, 3, 25, 12, 30, tzinfo=UTC)  # a Wednesday


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path) -> Path:
    settings.EXPORT_ROOT = tmp_path / "root"
    settings.EXPORT_ROOT.mkdir()
    return settings.EXPORT_ROOT


@pytest.mark.parametrize(
    ("every", "values", "expected"),
    [
        ("hour", {}, "2026-03-25T13:00"),
        ("day", {"hour": 3}, "2026-03-26T03:00"),
        ("day", {"hour": 13}, "2026-03-25T13:00"),
        ("day", {"hour": 3, "time_zone": "Asia/Tokyo"}, "2026-03-25T18:00"),
        ("week", {"weekday": 2, "hour": 13}, "2026-03-25T13:00"),
        ("week", {"weekday": 2, "hour": 12}, "2026-04-01T12:00"),
        ("week", {"weekday": 6, "hour": 2, "time_zone": "Europe/Berlin"}, "2026-03-29T01:00"),  # 02:00 is skipped
        ("week", {"weekday": 6, "hour": 4, "time_zone": "Europe/Berlin"}, "2026-03-29T02:00"),  # by summer time
    ],
)
def test_the_next_run_is_by_the_zones_own_clock(every: str, values: dict[str, Any], expected: str) -> None:
    found = plan.next_time(ExportSchedule(every=every, **values), NOON)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_time_that_is_now_is_over() -> None:
    schedule = ExportSchedule(every="day", hour=12)
    noon = NOON.replace(minute=0)
    assert plan.next_time(schedule, noon) == noon.replace(day=26)


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "../out", "a/../../b", "/etc", "a//b", "a b", "file:///tmp", "http://x/y", "s3://", "s3:///x",
     "s3://bucket/../x", "s3://bucket/a b", "s3://user:pw@bucket/x", "gopher://bucket"],
)  # fmt: skip
def test_other_targets_are_refused(text: str) -> None:
    with pytest.raises(TargetRefused):
        target.checked(text)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("daily", "daily"),
        ("a/b-c/d_1/", "a/b-c/d_1"),
        (" s3://bucket/pre/fix/ ", "s3://bucket/pre/fix"),
        ("s3://bucket", "s3://bucket"),
    ],
)
def test_targets_are_kept_in_one_form(text: str, stored: str) -> None:
    assert target.checked(text) == stored


def test_a_folder_may_be_given_whole(root: Path) -> None:
    assert target.checked(f"{root}/daily") == "daily"
    assert target.place("daily") == f"{root}/daily"


def test_a_link_cannot_lead_out(root: Path, tmp_path: Path) -> None:
    (root / "out").symlink_to(tmp_path)
    with pytest.raises(TargetRefused):
        target.checked("out/here")
    (root / "later").mkdir()
    assert target.checked("later/x")
    (root / "later").rmdir()
    (root / "later").symlink_to(tmp_path)
    draft = tmp_path / "draft"
    draft.write_text("x")
    with pytest.raises(TargetRefused):
        target.put("later/x", "name", draft)


@pytest.mark.parametrize("own", ["LAKE_URL", "UPLOADS_URL", "BACKUP_URL"])
def test_dojos_own_stores_are_no_targets(settings: Any, own: str) -> None:
    setattr(settings, own, "s3://dojo/lake")
    for text in ("s3://dojo", "s3://dojo/lake", "s3://dojo/lake/production"):
        with pytest.raises(TargetRefused):
            target.checked(text)
    assert target.checked("s3://dojo/lakes")


def test_half_a_pair_of_keys_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    with pytest.raises(TargetRefused, match="AWS_SECRET_ACCESS_KEY"):
        target.checked("s3://bucket/x")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked",
    [
        {"format": "csv"},
        {"every": "minute"},
        {"hour": 24},
        {"weekday": -1},
        {"time_zone": "Mars/Olympus"},
        {"filter": Filter(user_id="ann")},
        {"filter": Filter(user_key=7)},
        {"filter": Filter().having(is_not=True, anonymous_key=7)},
    ],
)
def test_other_schedules_are_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ScheduleRefused):
        scheduling.create(Environment.objects.get(slug="production"), ScheduleAsked(target="daily", **asked))
    assert not ExportSchedule.objects.exists()
