"""Backups in an object store: made, restored, pruned, and the journal of erasures there; on a real S3 server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from interactions import backup
from interactions.backup import BackupError, places
from interactions.backup.places import BackupPlace, StorePath
from interactions.objects import Objects
from interactions.privacy import journal
from interactions.warehouse.lake import unlocked
from tests.processes import HOUSE, Dojo
from tests.stores import ObjectServer

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(params=["folder", "store"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> BackupPlace:
    if request.param == "folder":
        return tmp_path / "backups"
    return StorePath(f"{request.getfixturevalue('object_store').bucket()}/backups")


@pytest.fixture
def url(object_store: ObjectServer) -> str:
    return f"{object_store.bucket()}/backups"


def whole(target: BackupPlace, days_ago: float) -> str:
    with places.filled(target / places.stamp(NOW - timedelta(days=days_ago))) as draft:
        places.write(draft / "files/lake/part", b"rows")
        places.write(draft / "manifest.json", b"{}")
        return draft.name.removesuffix(".draft")


def test_old_backups_are_pruned_and_others_folders_are_not(target: BackupPlace) -> None:
    made = [whole(target, days_ago) for days_ago in (4, 3, 2, 1)]
    places.write(target / "20261101T000000Z" / "files/part", b"of a backup that was killed")
    places.write(target / places.stamp(NOW) / "files/part", b"of one that is being made")
    places.write(target / "ours" / "manifest.json", b"{}")
    assert backup.prune(target, 2, NOW) == 2
    left = {folder.name for folder in places._folders(target)}
    assert left == {*made[2:], places.stamp(NOW), "ours"}
    assert places.newest(target).name in (made[3], "ours")


def test_a_backup_that_is_broken_off_leaves_nothing(target: BackupPlace) -> None:
    def break_off(folder: BackupPlace) -> None:
        places.write(folder / "part", b"rows")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), places.filled(target / "20261101T000000Z") as draft:
        break_off(draft)
    assert places._folders(target) == []
    with pytest.raises(BackupError, match="There is no backup in"):
        places.newest(target)


def test_a_moment_has_one_backup(target: BackupPlace) -> None:
    name = whole(target, 0)
    with pytest.raises(BackupError, match="is there already"), places.filled(target / name):
        pass
    assert (target / name / "manifest.json").exists()


def test_a_file_is_copied_into_a_store_and_back_piece_by_piece(url: str, tmp_path: Path) -> None:
    content = bytes(range(256)) * (12 << 12)  # 12 MB: several parts of one object
    (tmp_path / "given").write_bytes(content)
    told: list[int] = []
    known = places.copy(tmp_path / "given", StorePath(url) / "part", told.append)
    assert (known.size, sum(told)) == (len(content), len(content))
    assert places.copy(StorePath(url) / "part", tmp_path / "back") == known
    assert (tmp_path / "back").read_bytes() == content


def test_a_copy_that_fails_leaves_no_object(url: str, tmp_path: Path) -> None:
    (tmp_path / "given").write_bytes(bytes(12 << 20))

    def fail(_: int) -> None:
        raise InterruptedError

    with pytest.raises(Exception, match=r".*"):
        places.copy(tmp_path / "given", StorePath(url) / "part", fail)
    assert list(Objects(url).names()) == []


def test_the_journal_is_mirrored_into_a_store_and_grows_by_what_is_new(
    url: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_OBJECTS_AT_MOST", 4)
    settings.ERASURES_DIR = tmp_path / "erasures"
    settings.ERASURES_DIR.mkdir()
    line = '{{"request":{0},"environment":"production","at":"2026-11-01T12:00:00Z","users":[{0}]}}\n'
    for number in range(7):
        with journal.path().open("a") as ours:
            ours.write(line.format(number))
        journal.mirror(url)
        journal.mirror(url)  # nothing is new
        assert b"".join(journal.texts(url)) == journal.path().read_bytes()
    assert len(list(Objects(url).names(journal.OBJECTS))) == 3  # many became one
    (tmp_path / "erasures" / "mirrored.json").unlink()
    journal.mirror(url)  # all of it again: that changes nothing
    (tmp_path / "all").write_bytes(b"\n".join(journal.texts(url)))
    assert len({entry.request for entry in journal.entries(tmp_path / "all")}) == 7


@pytest.mark.django_db
def test_objects_of_imports_are_part_of_a_backup(
    object_store: ObjectServer, url: str, settings: Any, tmp_path: Path
) -> None:
    for name in ("STAGED_DIR", "LAKE_DIR", "OVERLAPS_DIR", "IMPORTS_DIR", "UPLOADS_DIR", "ERASURES_DIR"):
        setattr(settings, name, tmp_path / name.lower())
    settings.UPLOADS_URL = object_store.bucket()
    uploads = Objects(settings.UPLOADS_URL)
    for key in ("uploads/token/0", "rejected/1.jsonl.gz", "exports/1/x.csv"):
        uploads.put(key, key.encode())
    said: list[str] = []
    taken = backup.take(StorePath(url), unlocked, said.append)
    assert "files/objects/uploads/token/0" in taken.manifest.files
    assert (taken.folder / "files/objects/rejected/1.jsonl.gz").read_bytes() == b"rejected/1.jsonl.gz"
    assert not any("exports" in name for name in taken.manifest.files)
    assert any(sentence.startswith("Copied") for sentence in said)
    settings.UPLOADS_URL = ""
    with pytest.raises(BackupError, match="set UPLOADS_URL to an empty prefix"):
        backup.restore(StorePath(url), said.append)


@pytest.mark.slow
def test_a_dojo_whose_files_are_objects_is_backed_up_and_restored(object_store: ObjectServer, tmp_path: Path) -> None:
    bucket = object_store.bucket()
    lines = "".join(json.dumps({"type": "like", "user_id": f"u{n}", "product_ids": ["p"]}) + "\n" for n in range(50))
    (tmp_path / "week.jsonl").write_text(lines + '{"type":"like","user_id":7}\n')

    def dojo(name: str) -> Dojo:
        keys = {"SECRET_KEY": "s" * 50, "IDENTITY_KEY": "i" * 50, "WORKER_PROCESSES": "1"}
        return Dojo(tmp_path / name, UPLOADS_URL=f"{bucket}/{name}", **keys, **object_store.environ)

    def exported(of: Dojo) -> list[str]:
        of.manage("export_interactions", str(tmp_path / "all.jsonl"), "--environment", "production")
        return sorted((tmp_path / "all.jsonl").read_text().splitlines())

    one, two = dojo("one"), dojo("two")
    one.manage("migrate", "--verbosity", "0")
    done = subprocess.run(
        [sys.executable, "manage.py", "import_interactions", str(tmp_path / "week.jsonl"), "--environment=production"],
        cwd=HOUSE, env=one.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr  # done with rejects
    records = exported(one)
    one.manage("backup", f"{bucket}/backups")
    time.sleep(1)  # backups are named by the second
    said = one.manage("backup", f"{bucket}/backups", "--keep", "1")
    assert "Removed 1 older backup." in said
    two.manage("restore", f"{bucket}/backups")
    (tmp_path / "all.jsonl").unlink()
    assert exported(two) == records
    assert len(records) == 50
    assert [key for key, _ in Objects(f"{bucket}/two").names()] == ["rejected/1.jsonl.gz"]
    assert not (two.data_dir / "uploads").exists() or not list((two.data_dir / "uploads").iterdir())
