"""A command that waits for workers: it notices that they are gone, and it loads nothing that only they need."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from dojo import redis_server as server
from dojo import workers
from interactions.models import DeletionRequest, Import
from tests.processes import HOUSE, wait_for

from .files import as_lines, records
from .house import House
from .place import Place, kill_outright

RUN = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "dojo.settings"
from django.core.management import execute_from_command_line
try:
    execute_from_command_line(sys.argv)
except SystemExit as ended:
    print(ended.code)
print(*sys.modules)
"""
HEAVY = {"pandas", "pyarrow", "numba", "llvmlite", "duckdb", "ibis", "deltalake", "numpy", "interactions.urls"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Redis and a worker; what is silent for 2 seconds is taken for lost."""
    place = Place(tmp_path / "data", IMPORT_BLOCK_BYTES="8192", IMPORT_STALE_SECONDS="2")
    assert place.run("migrate", "--verbosity", "0").code == 0
    place.redis()
    place.worker()
    wait_for(place.has_worker, seconds=60, because=place.said)
    yield place
    place.stop()


@pytest.mark.slow
def test_once_all_workers_are_gone_the_command_says_so_and_does_the_work(place: Place, tmp_path: Path):
    path = tmp_path / "week.jsonl"
    path.write_bytes(as_lines(records(20_000)))
    command = place.command("import_interactions", str(path), "--json")
    place.wait_for_blocks(2)
    for process in place.started:
        kill_outright(process)  # Redis, too
    outcome = place.outcome(command)
    assert (outcome.code, outcome.result["accepted"]) == (0, 20_000), outcome.errors
    assert "No worker is responding, so this command does the work itself." in outcome.errors
    assert max(place.users().values()) == 1
    assert place.leftovers() == []


@pytest.mark.slow
def test_while_workers_run_the_command_loads_nothing_that_only_they_need(place: Place, tmp_path: Path):
    """To load it would take longer than to import a small file."""
    path = tmp_path / "week.jsonl"
    path.write_bytes(as_lines(records(20)))
    done = subprocess.run(
        [sys.executable, "-c", RUN, "import_interactions", str(path), "--json"],
        cwd=HOUSE, env=place.environ, check=True, capture_output=True, text=True,
    )  # fmt: skip
    *_, code, modules = done.stdout.splitlines()
    assert (code, sum(place.users().values())) == ("0", 20), done.stderr
    assert HEAVY & set(modules.split()) == set()


@pytest.fixture
def gone(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Workers that were there a moment ago, and no way to start others."""

    def none(presence: workers.Presence) -> None:
        raise workers.NoWorkers("Redis could not be started.")

    monkeypatch.setattr(workers, "_answered", lambda: False)
    monkeypatch.setattr(workers, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(workers, "_GONE_SECONDS", 0.0)
    monkeypatch.setattr(workers.Presence, "start_missing", none)
    monkeypatch.setattr(workers, "present", lambda: nullcontext(workers.Presence(ExitStack())))
    return house


@pytest.mark.parametrize("command", ["import_interactions", "erase_users"])
def test_where_no_worker_can_be_started_either_it_ends_with_2_and_the_work_stays_asked_for(
    gone: House, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
):
    path = tmp_path / "week.jsonl"
    path.write_bytes(as_lines(records(20)))
    arguments = [str(path)] if command == "import_interactions" else ["--user-id", "ann"]
    with pytest.raises(CommandError) as error:
        call_command(command, *arguments)
    assert error.value.returncode == 2
    assert str(error.value) == "Redis could not be started. The work continues as soon as Dojo runs again."
    assert "No worker is responding" in capsys.readouterr().err
    if command == "import_interactions":
        assert Import.objects.get().state == Import.State.LOADING
    else:
        assert DeletionRequest.objects.get().state == DeletionRequest.State.HIDDEN


class Database:
    """Lets ``answers`` through but for the times at which it is away."""

    def __init__(self, *answers: bool | None) -> None:
        self._answers = list(answers)

    def ended(self) -> bool:
        answer = self._answers.pop(0)
        if answer is None:
            raise OperationalError("server closed the connection unexpectedly")
        return answer


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> workers.Presence:
    """Workers that answer."""
    monkeypatch.setattr(workers, "_answered", lambda: True)
    return workers.Presence(ExitStack())


def test_a_database_that_is_away_is_waited_for_and_said_once(
    there: workers.Presence, capsys: pytest.CaptureFixture[str]
):
    there.wait(Database(False, None, None, False, True).ended, lambda: None)
    assert capsys.readouterr().err.splitlines() == [
        "The database isn't responding (server closed the connection unexpectedly). This command waits for it.",
        "The database is responding again.",
    ]


@pytest.mark.parametrize("error", [OperationalError("database is locked"), FileNotFoundError("gone"), KeyError("odd")])
def test_a_sweep_that_fails_is_tried_again(there: workers.Presence, monkeypatch: pytest.MonkeyPatch, error: Exception):
    tries: list[int] = []

    def sweep() -> None:
        tries.append(len(tries))
        if len(tries) < 3:
            raise error

    monkeypatch.setattr(workers, "_SWEEP_SECONDS", 0.0)
    there.wait(lambda: len(tries) == 3, sweep)
    assert tries == [0, 1, 2]


@pytest.mark.parametrize("command", ["import_interactions", "erase_users"])
def test_a_database_that_is_away_when_the_work_is_begun_is_said_in_one_sentence(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
):
    def lost(*_: object, **__: object) -> None:
        raise OperationalError("the database system is shutting down")

    monkeypatch.setattr(workers.Presence, "start_missing", lambda self: None)
    monkeypatch.setattr("interactions.ingest.imports.begin", lost)
    monkeypatch.setattr("interactions.privacy.request", lost)
    path = tmp_path / "week.jsonl"
    path.write_bytes(as_lines(records(2)))
    with pytest.raises(CommandError) as error:
        call_command(command, *([str(path)] if command == "import_interactions" else ["--user-id", "ann"]))
    assert error.value.returncode == 2
    assert str(error.value) == (
        "The database isn't responding (the database system is shutting down). No work is lost."
    )


@pytest.mark.slow
def test_a_redis_that_another_starts_in_that_moment_will_do(redis_server: str, monkeypatch: pytest.MonkeyPatch):
    """The folder is held by it, so that the command's own ends with an error."""
    looks: list[bool] = []

    def answers(url: str, *, within: float) -> bool:
        looks.append(len(looks) > 20)  # it still reads its file
        return looks[-1] and found(url, within=within)

    found = server.answers
    monkeypatch.setattr(server, "answers", answers)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "dojo.settings")
    with workers._redis():
        assert looks[-1]
