"""Gone means gone, with the whole product running: files, database and its log, Redis's files, logs, uploads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.imports.files import as_lines, record
from tests.running import HOUSE, Dojo, add_environment, wait_for

from .people import ANN, of_ann, traces

pytestmark = pytest.mark.slow
ENVIRONMENT = "letters"


def clickstream(count: int, start: int = 0) -> bytes:
    """Records of which one in a hundred is Ann's, and one in a thousand a refused one of hers."""
    made = []
    for number in range(start, start + count):
        bad = {"type": "rate", "rating": "five"} if number % 1000 == 0 else {}
        made.append(of_ann(number, **bad) if number % 100 == 0 else record(number))
    return as_lines(made)


def last_line(output: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(output.splitlines()[-1])
    return answer


def start_import(dojo: Dojo, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_interactions", str(path), "--environment", ENVIRONMENT, "--json"],
        cwd=HOUSE, env=dojo.environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def is_loading(dojo: Dojo) -> bool:
    return any((dojo.data_dir / "imports").glob("*/*"))


def test_nothing_of_a_person_is_left_anywhere_though_an_import_runs(dojo: Dojo, tmp_path: Path) -> None:
    add_environment(dojo, ENVIRONMENT)
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    first.write_bytes(clickstream(20_000))
    second.write_bytes(clickstream(100_000, start=20_000))
    with start_import(dojo, first) as importing:
        assert importing.wait(60) == 1  # done with rejects
    importing = start_import(dojo, second)
    wait_for(lambda: is_loading(dojo))
    receipt = last_line(dojo.manage("erase_users", "--user-id", ANN, "--environment", ENVIRONMENT, "--json"))
    assert receipt["state"] == "verified"
    assert receipt["records_erased"] >= 180
    assert receipt["erased_by_store"]["refused records"] >= 20
    told, _ = importing.communicate(timeout=120)
    done = last_line(told)
    if done["rejected"] > 100:  # the import was not done before the request
        assert (done["accepted"], done["rejected"]) == (99_000, 1000)
    stats = last_line(dojo.manage("interaction_stats", "--environment", ENVIRONMENT))
    assert stats["total"] == 118_800
    wait_for(lambda: traces(dojo.data_dir) == [], seconds=10, because=lambda: str(traces(dojo.data_dir)))
    with start_import(dojo, first) as again:
        told, _ = again.communicate(timeout=60)
    done = last_line(told)
    assert (done["accepted"], done["rejected"], done["duplicates"]) == (0, 200, 19_800)
    assert traces(dojo.data_dir) == []
    assert dojo.output().count(ANN) == 0
