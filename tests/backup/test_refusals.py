"""A backup or a restore that can't be what it should be is refused with a sentence, and changes nothing."""

from __future__ import annotations

import fcntl
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from dojo.management.commands.run import NotStarted, check_data_folder, prepare_database
from dojo.progress import CommandProgress
from interactions import backup
from interactions.backup import BackupError, BackupManifest, copies, manifest, places
from interactions.backup.manifest import SQLITE, File
from interactions.backup.replay import Replayed
from interactions.backup.restore import Restored
from interactions.contract.keyring import Keyring
from interactions.contract.tombstones import Tombstones
from interactions.management.commands.restore import said_of_erasures
from interactions.models import Environment
from interactions.privacy import staged
from interactions.warehouse.lake import unlocked
from tests import postgres


def silent(_: str) -> None:
    """Nobody is told."""


def made(folder: Path, **more: Any) -> Path:
    """A backup that holds nothing but its manifest."""
    said: dict[str, Any] = {
        "format": manifest.FORMAT, "version": "9.9.9", "at": datetime(2026, 11, 1, tzinfo=UTC), "database": SQLITE,
        "migrations": ("interactions.0001_initial",), "identity": Keyring(b"a key").check, "tables": {}, "files": {},
    }  # fmt: skip
    folder.mkdir(parents=True)
    (folder / manifest.NAME).write_bytes(manifest.encoded(BackupManifest(**(said | more))))
    return folder


@pytest.fixture
def empty(settings: Any, tmp_path: Path) -> Path:
    """A data folder as a start leaves it, with the place of an SQLite file in it."""
    if postgres.is_chosen():
        pytest.skip("about SQLite alone")
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    settings.RESTORING = settings.DATA_DIR / "restoring"
    settings.DATABASES["default"]["NAME"] = str(settings.DATA_DIR / "dojo.sqlite3")
    return Path(settings.DATA_DIR)


@pytest.fixture(autouse=True)
def _name_of_the_database(settings: Any) -> Any:
    before = settings.DATABASES["default"]["NAME"]
    yield
    settings.DATABASES["default"]["NAME"] = before


def test_a_folder_without_a_manifest_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="There is no backup in"):
        backup.restore(tmp_path, silent)
    (tmp_path / "20261101T000000Z.draft").mkdir()
    with pytest.raises(BackupError, match="There is no backup in"):
        backup.restore(tmp_path, silent)


def test_the_newest_of_several_is_taken(tmp_path: Path) -> None:
    for name in ("20261101T000000Z", "20261103T000000Z", "20261102T000000Z"):
        made(tmp_path / name)
    assert places.newest(tmp_path).name == "20261103T000000Z"
    assert places.newest(tmp_path / "20261101T000000Z").name == "20261101T000000Z"


def test_a_backup_of_a_newer_dojo_is_refused(tmp_path: Path, empty: Path) -> None:
    with pytest.raises(BackupError, match=r"made by Dojo 9\.9\.9, which is newer"):
        backup.restore(made(tmp_path / "one", format=manifest.FORMAT + 1), silent)
    with pytest.raises(BackupError, match=r"made by Dojo 9\.9\.9, whose database is newer .*interactions\.9999_future"):
        backup.restore(made(tmp_path / "two", migrations=("interactions.9999_future",)), silent)
    assert list(empty.iterdir()) == []


@pytest.mark.django_db
def test_dojo_does_not_start_with_the_database_of_a_newer_one() -> None:
    MigrationRecorder(connection).record_applied("interactions", "9999_future")
    with pytest.raises(NotStarted, match=r"made by a newer Dojo than .* \(it has interactions\.9999_future\)"):
        prepare_database()


def test_a_place_that_is_in_use_is_refused(tmp_path: Path, empty: Path) -> None:
    source = made(tmp_path / "one")
    (empty / "lake").mkdir()
    with pytest.raises(BackupError, match="holds lake: a backup is restored into an empty place"):
        backup.restore(source, silent)
    assert (empty / "lake").is_dir()


def test_another_identity_key_is_refused(tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_KEY", "another key")
    with pytest.raises(BackupError, match="IDENTITY_KEY is not the one of this backup"):
        backup.restore(made(tmp_path / "one"), silent)
    assert list(empty.iterdir()) == []


def test_a_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"content")
    known = copies.copy(tmp_path / "one", tmp_path / "two")
    assert known == File(7, "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73")
    (tmp_path / "two").write_bytes(b"contenT")
    with pytest.raises(BackupError, match="is damaged"):
        copies.copy_checked(tmp_path / "two", tmp_path / "three", known, lambda _: None)
    assert not (tmp_path / "three").exists()


@pytest.mark.parametrize(
    "name", ["../elsewhere", "files/../../elsewhere", "/etc/passwd", "dojo.conf", "files/secret_key"]
)
def test_a_manifest_leads_out_of_the_data_folder_nowhere(tmp_path: Path, empty: Path, name: str) -> None:
    source = made(tmp_path / "one", files={name: File(1, "00")})
    with pytest.raises(BackupError, match="isn't a file of Dojo's"):
        backup.restore(source, silent)


@pytest.mark.parametrize(
    ("replayed", "words"),
    [
        (None, "no journal of erasures beside the backup. Erasures are known up to 2026-11-01 00:00:00 UTC"),
        (Replayed(known_until=datetime(2026, 11, 2, tzinfo=UTC)), "up to 2026-11-02 00:00:00 UTC. Nobody was erased"),
        (Replayed(1, 2_000, datetime(2026, 11, 2, tzinfo=UTC)), "People who asked since the backup are hidden (2,000)"),
    ],
)
def test_a_restore_says_up_to_when_erasures_are_known(tmp_path: Path, replayed: Replayed | None, words: str) -> None:
    folder = made(tmp_path / "one")
    assert words in said_of_erasures(
        Restored(folder, manifest.read((folder / manifest.NAME).read_bytes(), folder), replayed)
    )


def test_dojo_does_not_start_on_half_a_restore(empty: Path, settings: Any) -> None:
    settings.RESTORING.touch()
    with pytest.raises(NotStarted, match=r"wasn't finished: run manage\.py restore again"):
        check_data_folder()


@pytest.mark.django_db
def test_one_backup_is_made_at_a_time(settings: Any, tmp_path: Path) -> None:
    settings.STAGED_DIR = tmp_path / "staged"
    settings.STAGED_DIR.mkdir()
    with (settings.STAGED_DIR / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupError, match="Another backup is being made"):
            backup.take(tmp_path / "backups", unlocked, silent)
    assert list((tmp_path / "backups").iterdir()) == []


@pytest.mark.django_db
def test_a_backup_that_people_are_erased_from_is_given_up(settings: Any, tmp_path: Path) -> None:
    for name in ("STAGED_DIR", "LAKE_DIR", "OVERLAPS_DIR", "IMPORTS_DIR", "UPLOADS_DIR"):
        setattr(settings, name, tmp_path / name.lower())
    (settings.LAKE_DIR / "production").mkdir(parents=True)
    (settings.LAKE_DIR / "production" / "part.parquet").write_bytes(b"rows")
    production = Environment.objects.get(slug="production")
    nobody = Tombstones.of([])

    def say(sentence: str) -> None:
        if sentence.startswith("Copied"):
            (settings.LAKE_DIR / "production" / "part.parquet").unlink()
            staged.erase(production, nobody)

    (settings.LAKE_DIR / "production" / "part2.parquet").write_bytes(b"more rows")
    with pytest.raises(BackupError, match="erased while the backup was made"):
        backup.take(tmp_path / "backups", unlocked, say)
    assert [path for path in (tmp_path / "backups").iterdir() if path.is_dir()] == []
    assert staged.stages() == []


def test_what_a_killed_backup_has_left_counts_for_whoever_asked_later(settings: Any, tmp_path: Path) -> None:
    settings.STAGED_DIR = tmp_path
    (tmp_path / "1000-abcd").mkdir()
    (tmp_path / "5000-abcd").mkdir()
    (tmp_path / "lock").touch()

    for at, left in ((999, 0), (1000, 1), (9000, 2)):
        stones = Tombstones.of([(1, None, datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at))])
        assert staged.count(Environment(), stones).total() == left
    staged.erase(Environment(), Tombstones.of([]))
    assert os.listdir(tmp_path) == ["lock"]


def test_a_command_says_how_far_it_is_once_a_second() -> None:
    class Output:
        lines: list[str] = []

        def write(self, line: str, /) -> None:
            self.lines.append(line)

        def flush(self) -> None:
            pass

    say = CommandProgress(Output())
    for number in range(100):
        say(f"{number}")
    say("done", is_last=True)
    assert Output.lines == ["0", "done"]
