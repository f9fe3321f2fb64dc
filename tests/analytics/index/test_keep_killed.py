"""The keeper of an index is killed by the system, in a process of its own; the next one goes on."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.processes import HOUSE, environ

pytestmark = pytest.mark.slow


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "tests.analytics.index.keep_process", *words]


def run(data_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    more = {"cwd": HOUSE, "env": environ(data_dir), "timeout": 240}
    return subprocess.run(words, **more, capture_output=True, text=True, check=False)


def test_a_keeper_that_is_killed_leaves_a_whole_index(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    made = run(data_dir, sys.executable, "manage.py", "migrate", "--verbosity", "0")
    assert made.returncode == 0, made.stderr
    for seed, seconds in enumerate((1.0, 3.7)):
        with subprocess.Popen(
            command("work", str(seed)), cwd=HOUSE, env=environ(data_dir), stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
            time.sleep(seconds)
            process.kill()
        assert process.wait() == -9
        checked = run(data_dir, *command("check"))
        assert checked.returncode == 0, checked.stderr
    assert int(checked.stdout) > 0
