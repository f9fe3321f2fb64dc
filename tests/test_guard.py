"""Database and lake belong together by a random id; with another lake nothing starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

from interactions import guard
from interactions.guard import WrongLake
from interactions.models import LakeId
from interactions.objects import Objects
from tests.processes import HOUSE, environ
from tests.stores import ObjectServer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lake(settings: Any, tmp_path: Path) -> Path:
    """The id's place, in a folder without a lake."""
    settings.LAKE_DIR = tmp_path / "lake"
    return tmp_path / "lake" / guard.FILE


def move_to(settings: Any, folder: Path) -> Path:
    settings.LAKE_DIR = folder
    return folder / guard.FILE


def test_where_neither_has_an_id_both_get_the_same(lake: Path) -> None:
    guard.check()
    row = LakeId.objects.get()
    assert (lake.read_text(), row.is_kept) == (str(row.value), True)
    assert lake.stat().st_mode & 0o077 == 0
    guard.check()
    assert LakeId.objects.get().value == row.value


def test_a_lake_of_another_database_is_named_with_both_ids_and_both_places(lake: Path) -> None:
    guard.check()
    other = uuid4()
    lake.write_text(str(other))
    with pytest.raises(WrongLake) as raised:
        guard.check()
    said = str(raised.value)
    assert f"belongs to lake {LakeId.objects.get().value.hex[:8]}, {lake.parent} is lake {other.hex[:8]}." in said
    assert "DATABASE_URL" in said and "DOJO_DATA_DIR" in said and "manage.py check_lake --adopt" in said
    assert lake.read_text() == str(other)


def test_an_empty_folder_is_not_taken_for_the_lake_of_a_database_that_has_one(
    settings: Any, tmp_path: Path, lake: Path
) -> None:
    guard.check()
    elsewhere = move_to(settings, tmp_path / "elsewhere")
    with pytest.raises(WrongLake, match="elsewhere has no lake id"):
        guard.check()
    assert not elsewhere.exists()


def test_a_new_database_is_not_given_the_lake_of_another(lake: Path) -> None:
    lake.parent.mkdir()
    lake.write_text(str(uuid4()))
    with pytest.raises(WrongLake, match=" is new, "):
        guard.check()
    assert not LakeId.objects.exists()


def test_of_two_that_start_at_once_with_a_lake_each_the_second_does_not(
    settings: Any, tmp_path: Path, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its look at the database and its own row another one comes."""
    real, others = guard._pair, tmp_path / "others"

    def late() -> Any:
        monkeypatch.setattr(guard, "_pair", real)
        move_to(settings, others)
        guard.check()
        move_to(settings, lake.parent)
        return real()

    monkeypatch.setattr(guard, "_pair", late)
    with pytest.raises(WrongLake, match="has no lake id"):
        guard.check()
    assert (others / guard.FILE).read_text() == str(LakeId.objects.get().value)


@pytest.mark.parametrize("is_in_store", [False, True])
def test_of_two_new_databases_that_start_at_once_on_one_lake_the_second_does_not(
    settings: Any, lake: Path, object_store: ObjectServer, monkeypatch: pytest.MonkeyPatch, is_in_store: bool
) -> None:
    """Between its last look at the lake and its own id another one's comes."""
    settings.LAKE_URL = f"{object_store.bucket()}/dojo" if is_in_store else ""
    real, other = guard._create, uuid4()

    def late(value: UUID) -> UUID | None:
        guard._write(other)
        return real(value)

    monkeypatch.setattr(guard, "_create", late)
    for _ in range(2):
        with pytest.raises(WrongLake, match=f" is new, .* is lake {other.hex[:8]}"):
            guard.check()
    assert guard._read() == other and not LakeId.objects.get().is_kept


@pytest.mark.parametrize("is_written", [False, True])
def test_a_first_start_that_was_killed_in_the_middle_is_made_good(lake: Path, is_written: bool) -> None:
    row = LakeId.objects.create(pk=1, value=uuid4())
    if is_written:
        lake.parent.mkdir()
        lake.write_text(str(row.value))
    guard.check()
    assert lake.read_text() == str(row.value)
    assert LakeId.objects.get().is_kept


def test_a_damaged_id_is_named(lake: Path) -> None:
    lake.parent.mkdir()
    lake.write_text("")
    with pytest.raises(WrongLake, match="is damaged"):
        guard.check()


@pytest.mark.parametrize("was_kept", [False, True])
def test_after_a_restore_the_lake_that_is_there_is_adopted(lake: Path, was_kept: bool) -> None:
    if was_kept:
        guard.check()
    lake.parent.mkdir(exist_ok=True)
    lake.write_text(str(uuid4()))
    with pytest.raises(CommandError, match="don't belong together"):
        call_command("check_lake")
    call_command("check_lake", "--adopt", verbosity=0)
    call_command("check_lake")
    assert lake.read_text() == str(LakeId.objects.get().value)


STARTS = """
import django; django.setup()
from celery.signals import worker_init
from django.core.management import call_command
import interactions.tasks

def refused(start):
    try:
        start()
    except SystemExit as reason:
        print(reason)

refused(lambda: __import__("dojo.asgi"))
refused(lambda: worker_init.send(None))
refused(lambda: call_command("append_inbox", "--once"))
refused(lambda: call_command("keep_index", "--once"))
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_process_starts_with_another_lake(tmp_path: Path) -> None:
    """Each on two folders with one database."""
    own = environ(tmp_path / "here")
    address = own.get("DATABASE_URL", f"sqlite:///{tmp_path}/here/dojo.sqlite3")
    other = environ(tmp_path / "there", DATABASE_URL=address)

    def python(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments], cwd=HOUSE, env=env, capture_output=True, text=True, timeout=60, check=False
        )

    for command in ("migrate", "check_lake"):
        assert python("manage.py", command, "--verbosity", "0", env=own).returncode == 0
    said = f"{tmp_path}/there/lake has no lake id"
    run = python("manage.py", "run", env=other)
    assert run.returncode == 1 and said in run.stderr, run.stderr
    refused = python("-c", STARTS, env=other)
    assert refused.stdout.count(said) == 4, (refused.stdout, refused.stderr)


def test_in_an_object_store_the_id_is_an_object(settings: Any, object_store: ObjectServer) -> None:
    settings.LAKE_URL = f"{object_store.bucket()}/dojo"
    guard.check()
    guard.check()
    objects = Objects(settings.LAKE_URL)
    assert objects.get(guard.FILE).decode() == str(LakeId.objects.get().value)
    objects.put(guard.FILE, str(uuid4()).encode())
    with pytest.raises(WrongLake, match=f"{settings.LAKE_URL} is lake .* LAKE_URL to a pair"):
        guard.check()
    assert not Path(settings.LAKE_DIR).exists()


@pytest.mark.parametrize("name", ["LAKE_URL", "UPLOADS_URL"])
def test_with_a_bucket_that_keeps_what_is_erased_nothing_starts(
    settings: Any, object_store: ObjectServer, name: str
) -> None:
    setattr(settings, name, object_store.bucket(keeps_versions=True))
    for start in (guard.check_process, guard.check_web_process):
        with pytest.raises(SystemExit, match="keeps earlier versions"):
            start()
    assert not LakeId.objects.exists()
