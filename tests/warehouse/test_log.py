"""A table is read while its log is written anew: nobody meets a file that has just gone."""

from __future__ import annotations

import multiprocessing
import multiprocessing.synchronize
import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from interactions.warehouse import log as lake_opening
from interactions.warehouse.lake import Lake
from interactions.warehouse.log import LakeUnreadable
from tests import lakes

MET = 3  # times that a reader without care has to fail before the test says anything
MOST_APPENDS = 2_000
spawning = multiprocessing.get_context("spawn")  # deltalake's threads do not survive a fork


@pytest.fixture
def lake(settings: Any, tmp_path: Path) -> Lake:
    settings.LAKE_DIR = tmp_path / "lake"
    settings.INDEX_DIR = tmp_path / "index"
    settings.SCRATCH_DIR = tmp_path / "scratch"
    return Lake("production")


def read_on(folder: Path, done: multiprocessing.synchronize.Event, said: Any) -> None:
    """In a process of its own: read in all ways until told to stop; what was wrong, the first time that it was."""
    import django

    os.environ |= {"DJANGO_SETTINGS_MODULE": "dojo.settings", "DOJO_DATA_DIR": str(folder.parent.parent)}
    django.setup()
    lake, last = Lake("production"), -1
    fault = ""
    while not done.is_set() and not fault:
        try:
            version, files = lake.contents()
            if version < last or len(files) != max(0, version):  # each append after the first commit adds one part
                fault = f"Version {version} after {last} has {len(files)} parts."
            last = version
            lake.parts(), lake.files(), lake.version(), lake.marked("inbox")
        except Exception as error:  # noqa: BLE001 - it is what the test asks for
            fault = f"{type(error).__name__}: {error}"
    said.put(fault)


def read_without_care(folder: Path, met: Any) -> None:
    """In a process of its own: count how often a reader fails that opens the table once."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    while met.value < MET:
        try:
            DeltaTable(str(folder)).transaction_version("inbox")
        except DeltaError:
            met.value += 1


@pytest.mark.slow
def test_readers_never_meet_a_log_that_is_cleaned_away(lake: Lake) -> None:
    done, said, met = spawning.Event(), spawning.Queue(), spawning.Value("i", 0)
    lakes.append([lakes.record()], import_id=0)
    readers = [spawning.Process(target=read_on, args=(lake.folder, done, said)) for _ in range(2)]
    careless = spawning.Process(target=read_without_care, args=(lake.folder, met))
    for process in (*readers, careless):
        process.start()
    try:
        for _ in range(MOST_APPENDS):
            lakes.append([lakes.record()], import_id=0)
            with lake_opening.opened(lake.storage, lambda table: None) as (table, _):
                table.create_checkpoint()
                table.cleanup_metadata()
            if met.value >= MET:
                break
        done.set()
        assert [said.get(timeout=60) for _ in readers] == ["", ""]
        assert met.value >= MET, "Nobody could have met a log that is cleaned away, so nothing was shown."
    finally:
        done.set()
        for process in (*readers, careless):
            process.kill()
            process.join()


def forget() -> None:
    """As a process that has not opened any table yet."""
    lake_opening._kept.clear()


def test_a_log_that_comes_back_is_read(lake: Lake) -> None:
    lakes.append([lakes.record()])
    forget()
    log, away = lake.folder / "_delta_log", lake.folder / "away"
    log.rename(away)
    log.mkdir()
    (log / "00000000000000000009.json").touch()  # no table without the commits before it

    def come_back() -> None:
        time.sleep(0.1)
        (log / "00000000000000000009.json").unlink()
        away.rename(log)

    other = threading.Thread(target=come_back)
    other.start()
    assert len(lake.parts()) == 1
    other.join()


@pytest.mark.parametrize("ask", ["version", "parts", "files", "contents", "tidy", "append"])
def test_a_log_that_stays_unreadable_is_said_in_a_sentence(
    lake: Lake, ask: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lakes.append([lakes.record()])
    (lake.folder / "_delta_log" / "00000000000000000001.json").write_text("broken")
    forget()
    monkeypatch.setattr(lake_opening, "_PAUSE_SECONDS", 0)
    with pytest.raises(LakeUnreadable, match="can't be read right now"):
        _ask(lake, ask)


def _ask(lake: Lake, ask: str) -> None:
    if ask == "append":
        lakes.append([lakes.record()])
    elif ask == "tidy":
        lake.tidy(1)
    else:
        getattr(lake, ask)()


def test_what_others_commit_is_seen_though_the_log_was_cleaned_meanwhile(lake: Lake) -> None:
    lakes.append([lakes.record()])
    assert len(lake.files()) == 1
    kept = dict(lake_opening._kept)
    forget()  # what follows is another process's doing
    for _ in range(3):
        lakes.append([lakes.record()])
    lake.clean()
    lakes.append([lakes.record()])
    now = lake.contents()
    lake_opening._kept.update(kept)
    assert lake.contents() == now
    assert len(lake.parts()) == len(lake.files()) == 5


def test_a_table_that_was_made_anew_in_its_place_is_read_anew(lake: Lake) -> None:
    for _ in range(3):
        lakes.append([lakes.record()])
    assert lake.version() == 3
    shutil.rmtree(lake.folder)
    lakes.append([lakes.record()])
    assert lake.version() == 1
    assert len(lake.parts()) == 1


def test_a_folder_without_a_commit_is_no_table_yet(lake: Lake) -> None:
    (lake.folder / "_delta_log").mkdir(parents=True)
    assert not lake.exists()
    assert lake.contents() == (-1, [])
    lakes.append([lakes.record()])
    assert len(lake.files()) == 1


def test_only_new_parts_are_described_anew(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    described: list[str] = []
    describe = Lake._part

    def noted(self: Lake, row: dict[str, Any]) -> Any:
        described.append(row["path"])
        return describe(self, row)

    monkeypatch.setattr(Lake, "_part", noted)
    for hour in range(3):
        lakes.append([lakes.record(at=f"2024-01-01T0{hour}:00:00Z")], import_id=hour)
        assert [part.rows for part in lake.parts()] == [1] * (hour + 1)
    assert len(described) == 3
    gone = min(lake.parts(), key=lambda part: part.first)
    lake.replace([gone], [], changes_data=True)
    assert gone.name not in {part.name for part in lake.parts()} and len(lake.parts()) == 2
    assert len(described) == 3
