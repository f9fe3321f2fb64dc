"""import_interactions: its exit codes and its last line, with running workers and with its own."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import wait_for

from .files import BAD, as_lines, packed, records
from .place import Outcome, Place

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A data folder on which nothing runs; each command has to start what it needs."""
    place = Place(tmp_path_factory.mktemp("alone") / "data", IMPORT_BLOCK_BYTES="1024")
    assert place.run("migrate", "--verbosity", "0").code == 0
    yield place
    for process in place.processes():  # none, unless a test failed
        process.kill()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A data folder with Redis and a worker."""
    place = Place(tmp_path_factory.mktemp("running") / "data", IMPORT_BLOCK_BYTES="4096")
    assert place.run("migrate", "--verbosity", "0").code == 0
    place.redis()
    place.worker()
    wait_for(place.has_worker, seconds=60, because=place.said)
    yield place
    place.stop()


def written(folder: Path, content: bytes, name: str = "week.json") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def counts(outcome: Outcome) -> tuple[str, int, int, int, int]:
    found = outcome.result
    assert set(found) == {
        "import",
        "state",
        "records",
        "accepted",
        "rejected",
        "duplicates",
        "skipped",
        "seconds",
        "source",
    }
    return found["state"], found["records"], found["accepted"], found["rejected"], found["duplicates"]


def test_with_no_worker_it_starts_its_own_and_leaves_nothing_running(alone: Place, tmp_path: Path) -> None:
    path = written(tmp_path, packed(as_lines([*records(40), BAD])))
    outcome = alone.run("import_interactions", path, "--environment", "playground", "--json")
    assert (outcome.code, counts(outcome)) == (1, ("done_with_rejects", 41, 40, 1, 0)), outcome.errors
    assert "rating: It must be a finite number. First: record 41." in outcome.errors
    assert alone.leftovers() == []
    assert Path(path).exists()
    assert sum(alone.users("playground").values()) == 40


def test_ctrl_c_cancels_and_leaves_nothing(alone: Place, tmp_path: Path) -> None:
    path = written(tmp_path, as_lines(records(20_000)))  # some seconds of work: the signal comes in the middle
    command = alone.command("import_interactions", path, "--json")
    alone.wait_for_blocks(5)
    command.send_signal(signal.SIGINT)
    outcome = alone.outcome(command)
    assert (outcome.code, outcome.result["state"]) == (2, "cancelled")
    assert (
        "Cancelled: nothing was added." in outcome.errors.splitlines()
    )  # the workers may say their last word after it
    assert alone.leftovers() == []
    assert [path for path in alone.files() if "uploads" in path.parts] == []
    assert alone.users() == {}
    assert Path(path).exists()


def test_killed_outright_it_takes_its_workers_with_it(alone: Place, tmp_path: Path) -> None:
    command = alone.command("import_interactions", written(tmp_path, as_lines(records(20_000))))
    alone.wait_for_blocks(5)
    command.kill()
    command.wait()
    wait_for(lambda: alone.leftovers() == [], because=lambda: str(alone.leftovers()))


def test_running_workers_do_the_work(running: Place, tmp_path: Path) -> None:
    before = running.leftovers()
    path = written(tmp_path, as_lines(records(200)), "ein Name.json")
    outcome = running.run("import_interactions", path, "--json")
    assert (outcome.code, counts(outcome)) == (0, ("done", 200, 200, 0, 0)), outcome.errors
    kept = running.run("import_interactions", path, "--json", "--keep-duplicates")
    assert (kept.code, counts(kept)) == (0, ("done", 200, 200, 0, 0))
    odd = written(tmp_path, as_lines([{**record, "colour": "red"} for record in records(3)]), "odd.json")
    ignoring = running.run("import_interactions", odd, "--json", "--keep-duplicates", "--ignore-unknown-fields")
    assert (ignoring.code, ignoring.result["ignored_fields"]) == (0, {"colour": 3}), ignoring.errors
    assert running.leftovers() == before
    assert running.files() == []


def test_of_records_of_another_tool_it_says_how_they_are_mapped(running: Place, tmp_path: Path) -> None:
    path = written(tmp_path, as_lines([{"what": "seen"}] * 3), "other.json")
    outcome = running.run("import_interactions", path, "--json")
    assert (outcome.code, counts(outcome)) == (2, ("failed", 3, 0, 3, 0))
    assert "name the kept mapping with --mapping" in outcome.errors
