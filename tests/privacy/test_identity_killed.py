"""The upgrade of identities is killed by the system, in a process of its own, and goes on at the next start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import HOUSE, copy_data, environ

pytestmark = pytest.mark.slow


def run(data_dir: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.privacy.upgrade_process", *words]
    return subprocess.run(
        command, cwd=HOUSE, env=environ(data_dir, **more), capture_output=True, text=True, timeout=240, check=False
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("before") / "data"
    done = run(data_dir, "make")
    assert done.returncode == 0, done.stderr
    (data_dir / "identity_key").unlink()  # there was none
    return data_dir


def test_a_killed_upgrade_goes_on_where_it_was(made: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    copy_data(made, data_dir)
    places = [("keys kept", 1), ("a part written", 2), ("rows of the database", 1), ("files appear", 2)]
    for place, number in [*places, ("after the commit", 1), ("after the commit", 2), ("rows of the database", 1)]:
        killed = run(data_dir, "kill", place, str(number))
        assert killed.returncode == -9, (place, killed.stderr)
    done = run(data_dir, "start")
    assert done.returncode == 0, done.stderr
    assert "Upgraded identities." in done.stdout
    checked = run(data_dir, "check", SECRET_KEY="another one from now on")
    assert checked.returncode == 0, checked.stderr
    assert run(data_dir, "start").stdout == ""


def test_a_start_with_another_secret_key_or_identity_key_is_refused(made: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    copy_data(made, data_dir)
    assert "SECRET_KEY is not the one" in run(data_dir, "start", SECRET_KEY="another one").stderr
    assert run(data_dir, "start").returncode == 0
    assert "IDENTITY_KEY is not the one" in run(data_dir, "start", IDENTITY_KEY="another one").stderr
    (data_dir / "earlier_identity_keys").unlink()
    assert "earlier_identity_keys is missing" in run(data_dir, "start").stderr
