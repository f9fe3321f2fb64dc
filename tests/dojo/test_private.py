"""Nothing that Dojo writes is for others on the machine."""

import os
from pathlib import Path

import pytest

from dojo.private import make_private
from tests.processes import HOUSE, Dojo


def open_to_others(folder: Path) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in [folder, *folder.rglob("*")]
        if not path.is_symlink() and path.lstat().st_mode & 0o077
    ]


@pytest.mark.slow
def test_all_that_the_running_product_writes_is_private(dojo: Dojo) -> None:
    example = HOUSE / "tests" / "conftest.py"
    assert example.exists()
    file = dojo.data_dir.parent / "a few.jsonl"
    file.write_text('{"type":"like","user_id":"ann"}\n')
    dojo.manage("import_interactions", str(file), "--environment", "playground")
    assert (dojo.data_dir / "lake").is_dir() and (dojo.data_dir / "logs").is_dir()
    assert open_to_others(dojo.data_dir) == []


def test_what_lies_there_from_before_becomes_private(tmp_path: Path) -> None:
    data, disk = tmp_path / "data", tmp_path / "disk"
    for path in (data / "lake" / "production" / "part.parquet", data / "dojo.sqlite3", disk / "upload"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        path.chmod(0o664)
    for folder in (data, data / "lake", data / "lake" / "production", disk):
        folder.chmod(0o755)
    (data / "uploads").symlink_to(disk)
    (data / "gone").symlink_to(tmp_path / "nowhere")
    make_private(data)
    assert open_to_others(data) == open_to_others(disk) == []
    assert (data / "dojo.sqlite3").stat().st_mode & 0o700 == 0o600


def test_one_that_was_stopped_half_way_goes_on_at_the_next_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    data.chmod(0o755)
    (data / "file").touch(mode=0o644)
    assert data.stat().st_mode & 0o077  # it is closed last, so it says that the rest may be open
    make_private(data)
    assert open_to_others(data) == []


def test_every_process_has_the_mask() -> None:
    mask = os.umask(0)
    os.umask(mask)
    assert mask == 0o077
