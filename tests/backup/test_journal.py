"""The journal of erasures says who is kept out, as it happens; a restore keeps them out of what was restored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from interactions import identity, privacy
from interactions.backup.replay import replay
from interactions.models import DeletionRequest, Environment, Tombstone
from interactions.privacy import erasure, journal
from interactions.privacy.journal import JournalEntry

pytestmark = pytest.mark.django_db

State = DeletionRequest.State
AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
BEFORE = AT - timedelta(days=1)
Captured = Callable[..., Any]


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path, redis_server: str) -> None:
    settings.ERASURES_DIR = tmp_path / "erasures"
    settings.BACKUP_URL = ""


@pytest.fixture
def production() -> Environment:
    return Environment.objects.get(slug="production")


@pytest.fixture
def asked(
    production: Environment, django_capture_on_commit_callbacks: Captured, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., DeletionRequest]:
    """A request over the API, whose commit is followed by what is to follow it; no broker is asked."""
    monkeypatch.setattr("interactions.ingest.imports.queue.current_app.send_task", lambda *_, **__: None)

    def ask(*ids: str, **more: Any) -> DeletionRequest:
        with django_capture_on_commit_callbacks(execute=True):
            return privacy.request(production, ids, **more)

    return ask


def entries() -> list[JournalEntry]:
    return list(journal.entries(journal.path()))


def test_whoever_is_hidden_is_in_the_journal_by_keyed_hashes_alone(asked: Callable[..., DeletionRequest]) -> None:
    request = asked("ann", "bob", anonymous_ids=["device"])
    ring = identity.keyring()
    (entry,) = entries()
    assert entry.request == request.pk
    assert (entry.environment, entry.at) == ("production", request.hidden_at)
    assert set(entry.users) == {ring.key("ann"), ring.key("bob")}
    assert set(entry.anonymous) == {ring.key("device")}
    text = journal.path().read_text()
    assert not any(name in text for name in ('ann"', "bob", "device"))


def test_each_stone_is_written_once(asked: Callable[..., DeletionRequest]) -> None:
    asked("ann")
    asked("bob")
    journal.write()
    assert [len(entry.users) for entry in entries()] == [1, 1]


def test_many_people_are_some_lines(asked: Callable[..., DeletionRequest]) -> None:
    asked(*(f"user-{number}" for number in range(2_500)))
    assert [len(entry.users) for entry in entries()] == [1000, 1000, 500]
    assert len({key for entry in entries() for key in entry.users}) == 2_500


def test_what_could_not_be_written_is_written_by_the_sweep(
    asked: Callable[..., DeletionRequest], settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "a file").touch()
    settings.ERASURES_DIR = tmp_path / "a file" / "erasures"
    assert asked("ann").state == State.HIDDEN
    settings.ERASURES_DIR = tmp_path / "erasures"
    erasure.sweep()
    assert len(entries()) == 1


def test_a_line_that_was_cut_off_costs_nobody(asked: Callable[..., DeletionRequest]) -> None:
    asked("ann")
    with journal.path().open("ab") as file:
        file.write(b'{"request":7,"environ')
    asked("bob")
    assert len(entries()) == 2


def test_the_mirror_where_backups_go_follows(
    asked: Callable[..., DeletionRequest], settings: Any, tmp_path: Path
) -> None:
    asked("ann")
    settings.BACKUP_URL = str(tmp_path / "backups")
    asked("bob")
    asked("cid")
    assert (tmp_path / "backups" / journal.NAME).read_bytes() == journal.path().read_bytes()
    assert len(entries()) == 3


def test_a_mirror_that_another_dojo_wrote_to_loses_nothing_and_grows_by_what_is_new(
    asked: Callable[..., DeletionRequest], settings: Any, tmp_path: Path
) -> None:
    mirror = tmp_path / "backups" / journal.NAME
    mirror.parent.mkdir()
    mirror.write_text('{"request":1,"environment":"production","at":"2026-11-01T12:00:00Z","users":[7]}\n' * 9)
    settings.BACKUP_URL = str(mirror.parent)
    asked("ann")
    asked("bob")
    assert mirror.read_bytes().endswith(journal.path().read_bytes())
    assert len(list(journal.entries(mirror))) == 9 + 2


def test_a_mirror_on_another_disk_gets_all_of_it(
    asked: Callable[..., DeletionRequest], settings: Any, tmp_path: Path
) -> None:
    settings.BACKUP_URL = str(tmp_path / "backups")
    asked("ann")
    (tmp_path / "backups" / journal.NAME).unlink()
    asked("bob")
    assert (tmp_path / "backups" / journal.NAME).read_bytes() == journal.path().read_bytes()
    journal.mirror(str(tmp_path / "elsewhere"))
    assert (tmp_path / "elsewhere" / journal.NAME).read_bytes() == journal.path().read_bytes()


def test_a_place_for_backups_that_is_away_holds_up_nobody(
    asked: Callable[..., DeletionRequest], settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "disk").touch()
    settings.BACKUP_URL = str(tmp_path / "disk" / "backups")
    assert asked("ann").state == State.HIDDEN
    assert len(entries()) == 1


def test_a_request_that_is_cancelled_is_no_longer_to_be_kept_out(
    asked: Callable[..., DeletionRequest], django_capture_on_commit_callbacks: Captured
) -> None:
    request = asked("ann")
    at = request.hidden_at
    with django_capture_on_commit_callbacks(execute=True):
        privacy.cancel(request)
    assert [(entry.at, entry.is_cancelled) for entry in entries()] == [(at, False), (at, True)]


def entry(*users: int, at: datetime = AT, **more: Any) -> JournalEntry:
    return JournalEntry(request=more.pop("request", 41), environment="production", at=at, users=users, **more)


def test_whom_the_backup_does_not_know_is_hidden_and_waits_to_be_erased(production: Environment) -> None:
    found = replay([entry(1, 2), entry(3), entry(anonymous=(4,), is_for_good=True, request=42)], BEFORE)
    assert (found.requests, found.people, found.known_until) == (2, 4, AT)
    first, second = DeletionRequest.objects.order_by("pk")
    assert (first.state, first.hidden_at, first.people, first.is_for_good) == (State.HIDDEN, AT, 3, False)
    assert (second.anonymous, second.is_for_good) == (1, True)
    stones = Tombstone.objects.filter(environment=production, is_erased=False)
    assert set(stones.values_list("user_key", "anonymous_key")) == {(1, None), (2, None), (3, None), (None, 4)}
    assert {stone.at for stone in stones} == {AT}


def test_whom_the_backup_knows_is_left_as_it_is(production: Environment) -> None:
    replay([entry(1, 2)], BEFORE)
    assert replay([entry(1, 2)], BEFORE).people == 0
    assert replay([entry(1, 2, 3)], BEFORE).people == 1
    assert replay([entry(1, at=AT + timedelta(hours=1), request=43)], BEFORE).people == 1  # who asked once more


def test_a_request_that_was_cancelled_is_not_made_again(production: Environment) -> None:
    assert replay([entry(1), entry(is_cancelled=True)], BEFORE).people == 0
    assert not Tombstone.objects.exists()


def test_a_request_of_the_backup_that_was_cancelled_since_is_cancelled(production: Environment) -> None:
    replay([entry(1)], BEFORE)
    replay([entry(1), entry(is_cancelled=True)], BEFORE)
    assert DeletionRequest.objects.get().state == State.CANCELLED
    assert not Tombstone.objects.exists()


def test_names_from_before_the_upgrade_stay_names_from_before(production: Environment) -> None:
    replay([entry(1), entry(2, is_earlier=True)], BEFORE)
    assert dict(Tombstone.objects.values_list("user_key", "is_earlier")) == {1: False, 2: True}


def test_an_environment_that_is_gone_needs_nobody_kept_out() -> None:
    assert replay([JournalEntry(request=1, environment="nowhere", at=AT, users=(1,))], BEFORE).people == 0
