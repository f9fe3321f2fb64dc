"""Scheduled exports write each record once: from imports and calls, through merges, erasures, undos and crashes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as current
from django.utils import timezone

from interactions import privacy
from interactions.analytics.filters import Filter
from interactions.exports import schedule as scheduling
from interactions.exports.filters import restored
from interactions.exports.schedule import due, plan, run, target
from interactions.ingest import imports, live
from interactions.models import ActivityEntry, Environment, ExportSchedule, Notification, ScheduledRun
from interactions.privacy import receipts
from interactions.warehouse import compact
from interactions.warehouse.lake import Lake
from tests import stores
from tests.ingest.imports.files import as_lines, record, records
from tests.ingest.imports.house import House
from tests.privacy.people import ANN, crowd

from .scheduled import TARGET, came, files, ran, rows, scheduled, users, waits

State = ScheduledRun.State


@pytest.fixture
def environment(db: None) -> Environment:
    return Environment.objects.get(slug="production")


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path) -> None:
    settings.EXPORT_ROOT = tmp_path / "exports-scheduled"


def named(count: int, start: int = 0) -> list[str]:
    return sorted(f"user-{number}" for number in range(start, start + count))


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_the_first_run_writes_everything_and_the_next_only_what_is_new(
    house: House, environment: Environment, form: str
) -> None:
    first = house.done(as_lines(records(10)))
    came(environment, "live-1", "live-2")
    schedule = scheduled(environment, format=form)
    done = ran(house, schedule)
    assert (done.state, done.records, done.files) == (State.DONE, 12, 2), done.error
    assert users() == sorted([*named(10), "live-1", "live-2"])
    before = files()
    end = "parquet" if form == "parquet" else "jsonl.gz"
    assert f"interactions-production-{schedule.token}-import-{first.pk:08d}.{end}" in before
    assert done.size == sum(map(len, before.values()))
    again = ran(house, schedule)
    assert (again.state, again.records, again.files, files()) == (State.DONE, 0, 0, before)
    house.done(as_lines(records(5, start=10)))
    last = ran(house, schedule)
    assert (last.records, last.files) == (5, 1)
    assert users() == sorted([*named(15), "live-1", "live-2"])


def test_calls_are_written_once_they_have_settled(house: House, environment: Environment) -> None:
    schedule = scheduled(environment)
    came(environment, "early")
    came(environment, "just-now", ago=timedelta(minutes=1))
    ran(house, schedule)
    assert users() == ["early"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("interactions.exports.schedule.plan.SETTLE", timedelta(0))
        ran(house, schedule)
    assert users() == ["early", "just-now"]


def test_a_call_that_waits_is_neither_skipped_nor_doubled(house: House, environment: Environment) -> None:
    """A later call may be in the table before an earlier one."""
    schedule = scheduled(environment)
    came(environment, "first", ago=timedelta(hours=3))
    came(environment, "third", ago=timedelta(hours=1))
    waits(environment, "second", ago=timedelta(hours=2))
    ran(house, schedule)
    assert users() == ["first"]
    live.append(environment)
    ran(house, schedule)
    assert users() == ["first", "second", "third"]


def test_parts_that_are_merged_are_not_written_again(
    house: House, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compact, "_TIERS", ((1 << 20, 2),))
    schedule = scheduled(environment)
    for number in range(3):
        came(environment, f"live-{number}", ago=timedelta(hours=3 - number))
    ran(house, schedule)
    monkeypatch.setattr(plan, "SETTLE", timedelta(0))
    came(environment, "live-3", ago=timedelta(minutes=1))
    assert compact.compact(Lake("production")) == 4
    done = ran(house, schedule)
    assert done.records == 1 and users() == [f"live-{number}" for number in range(4)]


def test_an_undone_import_stays_at_the_target_and_what_comes_again_is_new(
    house: House, environment: Environment
) -> None:
    schedule = scheduled(environment)
    imp = house.done(as_lines(records(4)))
    ran(house, schedule)
    house.ask(imports.undo, imp)
    house.carry()
    again = house.done(as_lines(records(4)))
    assert ran(house, schedule).records == 4
    assert len(files()) == 2 and again.pk != imp.pk


def test_an_import_that_is_undone_before_the_run_is_not_written(house: House, environment: Environment) -> None:
    schedule = scheduled(environment)
    imp = house.done(as_lines(records(4)))
    house.ask(imports.undo, imp)
    house.carry()
    assert ran(house, schedule).records == 0 and files() == {}


def test_nobody_who_is_hidden_is_written_and_the_receipt_says_where_dojo_cannot_erase(
    house: House, environment: Environment
) -> None:
    schedule = scheduled(environment)
    house.done(as_lines(crowd(8)))
    ran(house, schedule)
    assert ANN in users()
    house.done(as_lines([record(number, user_id=ANN if number == 100 else None) for number in (100, 101)]))
    request = house.ask(privacy.request, environment, [ANN])
    assert ran(house, schedule).records == 1
    house.carry()
    request.refresh_from_db()
    assert request.state == "verified", request.error
    (copy,) = receipts.check(request.receipt).said["not_erased_at"]
    assert copy["place"] == f"{current.EXPORT_ROOT}/{TARGET}" and copy["format"] == "Parquet"
    scheduling.remove(schedule)
    assert len(scheduling.out_of_reach(environment, timezone.now())) == 1  # its files are still there


def test_a_receipt_says_nothing_of_targets_where_nothing_was_written(house: House, environment: Environment) -> None:
    scheduled(environment)
    house.done(as_lines(crowd(8)))
    request = house.ask(privacy.request, environment, [ANN])
    house.carry()
    request.refresh_from_db()
    assert "not_erased_at" not in receipts.check(request.receipt).said


def test_an_erased_id_is_taken_out_of_a_filter_and_an_equal_id_of_a_product_is_not(
    house: House, environment: Environment
) -> None:
    schedule = scheduled(environment, filter=Filter(keywords=(ANN, "tea"), product_id=ANN))
    house.done(as_lines(crowd(8)))
    request = house.ask(privacy.request, environment, [ANN])
    house.carry()
    request.refresh_from_db()
    schedule.refresh_from_db()
    left = restored(schedule.filter)
    assert request.state == "verified", request.error
    assert ANN not in left.values("keywords") and "tea" in left.values("keywords")
    assert left.values("product_id") == (ANN,)


class _Killed(BaseException):
    pass


def killed_at(house: House, schedule: ExportSchedule, monkeypatch: pytest.MonkeyPatch, puts: int) -> ScheduledRun:
    """A run whose worker is killed when that many files have been put, before it can say so."""
    whole, count = target.put, 0

    def put(*given: Any) -> None:
        nonlocal count
        whole(*given)
        count += 1
        if count == puts:
            raise _Killed

    with monkeypatch.context() as patch:
        patch.setattr(target, "put", put)
        with pytest.raises(_Killed):
            ran(house, schedule)
    stuck = ScheduledRun.objects.get(schedule=schedule)
    long_ago = timezone.now() - timedelta(hours=1)
    ScheduledRun.objects.filter(pk=stuck.pk).update(heartbeat_at=long_ago)
    return stuck


@pytest.mark.parametrize("puts", [1, 2, 3])
def test_a_worker_that_is_killed_between_writing_and_recording_doubles_and_skips_nothing(
    house: House, environment: Environment, monkeypatch: pytest.MonkeyPatch, puts: int
) -> None:
    house.done(as_lines(records(5)))
    house.done(as_lines(records(5, start=5)))
    came(environment, "live")
    schedule = scheduled(environment)
    stuck = killed_at(house, schedule, monkeypatch, puts)
    assert stuck.state == State.WRITING and len(files()) == puts
    house.done(as_lines(records(5, start=10)))  # not in the plan of that run
    with house.at_work():
        due.sweep()
    house.carry("write_scheduled_export")
    stuck.refresh_from_db()
    assert (stuck.state, stuck.records, stuck.files) == (State.DONE, 11, 3)
    assert users() == sorted([*named(10), "live"])
    ran(house, schedule)
    assert users() == sorted([*named(15), "live"])
    assert not [path for path in Path(current.EXPORTS_DIR).rglob("*") if path.is_file()]


def test_who_is_hidden_after_a_crash_is_not_in_the_repeated_file(
    house: House, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.done(as_lines([record(1, user_id=ANN)]))
    schedule = scheduled(environment)
    killed_at(house, schedule, monkeypatch, 1)
    house.ask(privacy.request, environment, [ANN])
    with house.at_work():
        due.sweep()
    house.carry("write_scheduled_export")
    assert files() == {}  # nothing is left of that import


def test_an_erasure_stops_a_run_that_is_written_and_it_begins_again(
    house: House, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.done(as_lines(crowd(8)))
    schedule = scheduled(environment)
    whole = run.chunks

    def meanwhile(*given: Any, **more: Any) -> Any:
        monkeypatch.setattr(run, "chunks", whole)
        scheduling.forget_drafts(environment, timezone.now())
        yield from whole(*given, **more)

    monkeypatch.setattr(run, "chunks", meanwhile)
    stopped = ran(house, schedule)
    assert (stopped.state, files()) == (State.WAITING, {})
    house.do(("write_scheduled_export", stopped.pk))
    stopped.refresh_from_db()
    assert (stopped.state, stopped.records) == (State.DONE, 8)
    assert scheduling.writing_before(environment, timezone.now()) == 0


def test_a_failed_run_says_why_is_told_once_and_tried_again(house: House, environment: Environment) -> None:
    house.done(as_lines(records(3)))
    schedule = scheduled(environment)
    blocked = Path(current.EXPORT_ROOT) / "warehouse"
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("a file")
    failed = ran(house, schedule)
    assert failed.state == State.FAILED and "can't be written" in failed.error
    with house.at_work():
        due.sweep()
    assert house.queue == []  # its pause isn't over
    ScheduledRun.objects.update(next_at=timezone.now())
    with house.at_work():
        due.sweep()
    house.carry("write_scheduled_export")
    assert Notification.objects.filter(event="export_failed").count() == 1
    blocked.unlink()
    assert ran(house, schedule).pk == failed.pk  # the same run, with the same plan
    assert users() == named(3)


def test_the_filter_chooses_and_an_import_without_such_records_has_no_file(
    house: House, environment: Environment
) -> None:
    house.done(as_lines(records(4)))
    house.done(as_lines(records(4, start=4, context={"region": "Kent"})))
    schedule = scheduled(environment, filter=Filter(region="Kent"))
    done = ran(house, schedule)
    assert (done.records, done.files, users()) == (4, 1, named(4, start=4))
    assert schedule.narrowed_by == "region"


def test_only_what_is_new_from_now_on(house: House, environment: Environment) -> None:
    house.done(as_lines(records(4)))
    came(environment, "early")
    schedule = scheduled(environment, from_now=True)
    assert ran(house, schedule).records == 0
    house.done(as_lines(records(4, start=4)))
    assert ran(house, schedule).records == 4 and users() == named(4, start=4)


def test_schedules_do_not_share_files(house: House, environment: Environment) -> None:
    house.done(as_lines(records(3)))
    for _ in range(2):
        ran(house, scheduled(environment))
    assert len(files()) == 2


def test_a_due_schedule_is_planned_once_by_two_schedulers(house: House, environment: Environment) -> None:
    schedule = scheduled(environment, every="hour")
    house.done(as_lines(records(3)))
    ExportSchedule.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    for _ in range(2):
        with house.at_work():
            due.sweep()
    house.carry("write_scheduled_export")
    assert ScheduledRun.objects.count() == 1 and users() == named(3)
    schedule.refresh_from_db()
    assert schedule.next_at is not None and schedule.next_at > timezone.now()


@pytest.mark.parametrize("deed", ["pause", "remove"])
def test_a_schedule_that_is_paused_or_removed_does_not_run(house: House, environment: Environment, deed: str) -> None:
    schedule = scheduled(environment)
    if deed == "pause":
        scheduling.pause(schedule, is_paused=True)
    else:
        scheduling.remove(schedule)
    ExportSchedule.objects.update(next_at=timezone.now())
    with house.at_work():
        due.sweep()
    assert not ScheduledRun.objects.exists()


def test_a_run_that_is_running_is_not_started_again(house: House, environment: Environment) -> None:
    schedule = scheduled(environment)
    house.ask(scheduling.run_now, schedule)
    with pytest.raises(scheduling.ScheduleRefused):
        scheduling.run_now(schedule)


def test_what_was_written_is_in_the_activity_log_without_a_name(house: House, environment: Environment) -> None:
    house.done(as_lines(crowd(8)))
    ran(house, scheduled(environment))
    entry = ActivityEntry.objects.get(action="exported")
    assert entry.details["records"] == 8 and TARGET in entry.details["target"] and ANN not in str(entry.details)


def test_an_object_store_gets_the_same_files(
    house: House, environment: Environment, object_store: stores.ObjectServer
) -> None:
    place = f"{object_store.bucket()}/dojo/new"
    house.done(as_lines(records(6)))
    came(environment, "live")
    done = ran(house, scheduled(environment, place))
    assert done.state == State.DONE, done.error
    assert users(place) == sorted([*named(6), "live"])
    assert next(iter(rows(place))).keys() >= {"type", "timestamp", "user_id"}


def test_a_store_that_is_away_fails_the_run_with_a_sentence(
    house: House, environment: Environment, object_store: stores.ObjectServer
) -> None:
    house.done(as_lines(records(6)))
    failed = ran(house, scheduled(environment, "s3://there-is-no-such-bucket/x"))
    assert failed.state == State.FAILED and "no such bucket" in failed.error
