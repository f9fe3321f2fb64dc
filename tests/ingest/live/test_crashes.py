"""Whatever ends the append, and when: each record is in the table once after the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import models

from interactions.ingest import live
from interactions.ingest.live import transfer
from interactions.models import Environment, InboxBatch, InboxEntry
from interactions.warehouse.lake import Held, Lake, LakeBusy
from interactions.warehouse.parts import PartWriter
from tests.ingest.live.entries import call, is_empty, like, users


class Killed(BaseException):
    """Nothing catches it, as nothing catches kill -9."""


def dies(*args: Any, **kwargs: Any) -> Any:
    raise Killed


def dies_after(act: Callable[..., Any]) -> Callable[..., Any]:
    def acts_and_dies(*args: Any, **kwargs: Any) -> Any:
        act(*args, **kwargs)
        raise Killed

    return acts_and_dies


STEPS: dict[str, tuple[Any, str, Any]] = {
    "before the batch is made": (models.Manager, "create", dies),
    "after the batch is made": (models.Manager, "create", dies_after(models.Manager.create)),
    "before the part is written": (transfer, "sift", dies),
    "while the part is written": (PartWriter, "add", dies_after(PartWriter.add)),
    "before the commit": (Held, "require", dies),
    "after the commit": (Lake, "append", dies_after(Lake.append)),
    "before entries are removed": (models.QuerySet, "delete", dies),
    "before the batch is removed": (InboxBatch, "delete", dies),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_loses_nothing_and_doubles_nothing(
    production: Environment, lake: Lake, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    call(production, like("before"))
    live.append(production)
    for number in range(5):
        call(production, like(f"user {number}"), like(f"user {number}"), after=number)
    with monkeypatch.context() as patch:
        patch.setattr(*STEPS[step])
        with pytest.raises(Killed):
            live.append(production)
    call(production, like("zoe"), after=9)
    live.append(production)
    assert users(lake) == ["before", *(f"user {number}" for number in range(5) for _ in range(2)), "zoe"]
    assert is_empty()


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_leaves_no_files_behind(
    production: Environment, lake: Lake, monkeypatch: pytest.MonkeyPatch, step: str, settings: Any
) -> None:
    call(production, like("ann"))
    with monkeypatch.context() as patch:
        patch.setattr(*STEPS[step])
        with pytest.raises(Killed):
            live.append(production)
    live.append(production)
    assert not list(settings.SCRATCH_DIR.glob("*.parquet*"))


def test_entries_that_a_crash_left_of_a_batch_that_is_in_the_table_are_removed(
    production: Environment, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_AT_ONCE", 2)
    for number in range(5):
        call(production, like(f"user {number}"), after=number)
    with monkeypatch.context() as patch:
        patch.setattr(InboxBatch, "delete", dies)
        with pytest.raises(Killed):
            live.append(production)
    assert InboxEntry.objects.count() == 1
    call(production, like("zoe"), after=9)
    assert live.append(production) == 1
    assert users(lake) == [*(f"user {number}" for number in range(5)), "zoe"]
    assert is_empty()


def test_what_is_committed_late_is_not_of_a_batch_made_before(production: Environment, lake: Lake) -> None:
    """Where calls are stored at once, one may get its id before another and be there after it."""
    for number in range(3):
        call(production, like(f"user {number}"), after=number)
    late = InboxEntry.objects.order_by("pk")[1]
    InboxEntry.objects.filter(pk=late.pk).delete()
    batch = transfer._claim(production, lake, late.pk + 1)
    late.save(force_insert=True)
    assert batch is not None and late.pk not in batch.entry_ids
    live.append(production)
    assert users(lake) == ["user 0", "user 1", "user 2"]
    assert is_empty()


def test_of_two_that_claim_at_once_one_waits(production: Environment, lake: Lake) -> None:
    call(production, like("ann"))
    assert transfer._claim(production, lake, InboxEntry.objects.get().pk) is not None
    with pytest.raises(LakeBusy):
        transfer._claim(production, lake, InboxEntry.objects.get().pk)
    live.append(production)
    assert users(lake) == ["ann"]


def test_whoever_lost_the_lock_appends_nothing(
    production: Environment, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(self: Held) -> None:
        raise LakeBusy("The write lock was lost.")

    call(production, like("ann"))
    with monkeypatch.context() as patch:
        patch.setattr(Held, "require", lost)
        with pytest.raises(LakeBusy):
            live.append(production)
    assert users(lake) == []
    live.append(production)
    assert users(lake) == ["ann"]


def test_of_two_that_carry_one_batch_one_commits(
    production: Environment, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis came back without the lock: somebody else carries the batch while this one is about to commit it."""
    real = Held.require

    def meanwhile(self: Held) -> None:
        monkeypatch.setattr(Held, "require", real)
        self._lock.release()
        live.append(production)
        self._lock.acquire()

    call(production, like("ann", timestamp="2026-05-04T11:00:00Z"), like("bob"))
    monkeypatch.setattr(Held, "require", meanwhile)
    live.append(production)
    assert users(lake) == ["ann", "bob"]
    assert not InboxEntry.objects.exists()


@pytest.mark.parametrize("step", ["_write", "Lake.append"])
def test_on_a_full_disk_records_wait_and_none_is_set_aside(
    production: Environment, lake: Lake, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Also where an engine wraps what the system said: the records are not at fault."""

    def full(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("Generic LocalFileSystem error: No space left on device (os error 28)")

    call(production, like("ann"), like("bob"))
    with monkeypatch.context() as patch:
        patch.setattr(f"interactions.ingest.live.transfer.{step}", full)
        with pytest.raises(RuntimeError):
            live.append(production)
    assert not InboxEntry.objects.exclude(problem="").exists()
    live.append(production)
    assert users(lake) == ["ann", "bob"]
    assert is_empty()
