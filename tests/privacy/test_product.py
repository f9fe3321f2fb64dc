"""Gone means gone, with the whole product running: files, database and its log, Redis's files, logs, uploads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.imports.files import as_lines, record
from tests.processes import HOUSE, Dojo, add_environment, query, unused, wait_for

from .people import ANN, of_ann, traces

pytestmark = pytest.mark.slow
BROWSER = "browser-of-green-gables"


def clickstream(count: int, start: int = 0) -> bytes:
    """Records of which one in a hundred is Ann's; of these one in ten is refused, and one in ten without her name."""
    made = []
    for number in range(start, start + count):
        if number % 1000 == 0:
            made.append(of_ann(number, type="rate", rating="five"))
        elif number % 1000 == 500:
            made.append(record(number, user_id=None, anonymous_id=BROWSER))
        elif number % 100 == 0:
            made.append(of_ann(number, anonymous_id=BROWSER))
        else:
            made.append(record(number))
    return as_lines(made)


def last_line(output: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(output.splitlines()[-1])
    return answer


def start_import(dojo: Dojo, path: Path, environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_interactions", str(path), "--environment", environment, "--json"],
        cwd=HOUSE, env=dojo.environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def is_there(dojo: Dojo, kind: str, state: str) -> bool:
    """Whether any row of a kind is in that state."""
    return bool(query(dojo.environ, f"SELECT 1 FROM interactions_{kind} WHERE state = ?", state))


def imported(dojo: Dojo, path: Path, environment: str) -> dict[str, Any]:
    with start_import(dojo, path, environment) as importing:
        told, _ = importing.communicate(timeout=120)
    return last_line(told)


def total(dojo: Dojo, environment: str) -> int:
    return int(last_line(dojo.manage("interaction_stats", "--environment", environment))["total"])


def left(dojo: Dojo) -> list[str]:
    """Whatever names her or her browser, anywhere below the data folder, in any packing."""
    return traces(dojo.data_dir, ANN) + traces(dojo.data_dir, BROWSER)


def test_nothing_of_a_person_is_left_anywhere_though_an_import_runs(dojo: Dojo, tmp_path: Path) -> None:
    environment = add_environment(dojo, unused("letters"))
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    first.write_bytes(clickstream(20_000))
    second.write_bytes(clickstream(100_000, start=20_000))
    done = imported(dojo, first, environment)
    assert (done["accepted"], done["rejected"]) == (19_980, 20)
    importing = start_import(dojo, second, environment)
    wait_for(lambda: is_there(dojo, "import", "loading"), pause=0.002)
    receipt = last_line(dojo.manage("erase_users", "--user-id", ANN, "--environment", environment, "--json"))
    # At once: it waited for the file that was being read.
    assert left(dojo) == []
    assert (receipt["state"], receipt["people"]["count"]) == ("verified", 1)
    assert len(receipt["people"]["anonymous_ids"]) == 1
    assert receipt["records_erased"] >= 180
    assert receipt["erased_by_store"]["refused records"] >= 20
    importing.communicate(timeout=120)
    assert total(dojo, environment) == 118_800
    again = imported(dojo, first, environment)
    assert (again["accepted"], again["rejected"], again["duplicates"]) == (0, 200, 19_800)
    assert left(dojo) == []
    assert not [each for each in (ANN, BROWSER) if each in dojo.output()]


def test_an_erasure_whose_worker_is_killed_is_carried_to_its_end(dojo: Dojo, tmp_path: Path) -> None:
    environment = add_environment(dojo, unused("storms"))
    file = tmp_path / "file.jsonl"
    file.write_bytes(clickstream(50_000))
    imported(dojo, file, environment)
    before = total(dojo, environment)
    erasing = subprocess.Popen(
        [sys.executable, "manage.py", "erase_users", "--user-id", ANN, "--environment", environment, "--json"],
        cwd=HOUSE, env=dojo.environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    wait_for(lambda: is_there(dojo, "deletionrequest", "erasing"), pause=0.002)
    for process in dojo.worker().children():
        process.kill()
    told, _ = erasing.communicate(timeout=180)
    receipt = last_line(told)
    assert (receipt["state"], receipt["records_erased"]) == ("verified", 450)
    assert total(dojo, environment) == before - 450
    assert left(dojo) == []
