"""Real workers, a real Redis and a scheduler, each killed in the middle: every record comes in once."""

import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.processes import wait_for

from .files import record
from .place import Outcome, Place, kill_outright

pytestmark = pytest.mark.slow
RECORDS = 100_000
BLOCKS = 40


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many records, each of a user of its own, and two that are refused."""
    path = tmp_path_factory.mktemp("file") / "week.jsonl"
    line = '{"type":"product_detail_page_view","user_id":"user-%d","product_ids":["%d"],"timestamp":"%s"}\n'
    with path.open("w") as file:
        file.writelines(line % (n, n % 1000, record(n)["timestamp"]) for n in range(RECORDS))
        file.write('{"type":"view"}\n' * 2)
    return path


@pytest.fixture
def place(tmp_path: Path, file: Path) -> Iterator[Place]:
    """Everything that runs but the web server; what is silent for 2 seconds is taken for lost."""
    block = str(file.stat().st_size // BLOCKS)
    place = Place(tmp_path / "data", IMPORT_BLOCK_BYTES=block, IMPORT_STALE_SECONDS="2")
    assert place.run("migrate", "--verbosity", "0").code == 0
    place.redis()
    yield place
    place.stop()


def has_all_once(place: Place, outcome: Outcome) -> bool:
    """Whether the import is done, and the table itself has every record once."""
    assert outcome.code == 1, (outcome, place.said())
    result = outcome.result
    assert (result["state"], result["records"]) == ("done_with_rejects", RECORDS + 2)
    assert (result["accepted"], result["rejected"], result["duplicates"]) == (RECORDS, 2, 0)
    assert place.users() == Counter(f"user-{number}" for number in range(RECORDS))
    wait_for(lambda: [p.name for p in place.files()] == ["rejected.jsonl.gz"], seconds=60)
    return True


def working(place: Place) -> None:
    place.worker()
    place.scheduler()
    wait_for(place.has_worker, seconds=60, because=place.said)


def test_a_process_of_the_worker_is_killed(place: Place, file: Path) -> None:
    working(place)
    command = place.command("import_interactions", str(file), "--json")
    place.wait_for_blocks(3)
    worker = next(process for process in place.started if "worker" in process.args)
    child = psutil.Process(worker.pid).children()[0]
    child.send_signal(signal.SIGKILL)
    assert has_all_once(place, place.outcome(command))


def test_the_whole_worker_is_killed_and_another_is_started(place: Place, file: Path) -> None:
    working(place)
    command = place.command("import_interactions", str(file), "--json")
    place.wait_for_blocks(3)
    kill_outright(next(process for process in place.started if "worker" in process.args))
    place.worker()
    assert has_all_once(place, place.outcome(command))


def test_redis_is_killed_and_started_again(place: Place, file: Path) -> None:
    working(place)
    command = place.command("import_interactions", str(file), "--json")
    place.wait_for_blocks(3)
    kill_outright(place.started[0])
    place.redis()
    assert has_all_once(place, place.outcome(command))


def test_redis_is_killed_and_forgets_everything(place: Place, file: Path) -> None:
    working(place)
    command = place.command("import_interactions", str(file), "--json")
    place.wait_for_blocks(3)
    kill_outright(place.started[0])
    for path in (place.data_dir / "redis").rglob("appendonly*"):
        path.unlink() if path.is_file() else shutil.rmtree(path)
    place.redis()
    assert has_all_once(place, place.outcome(command))


def test_a_worker_has_no_engine_in_memory_before_it_forks() -> None:
    """They start threads, which do not survive the fork, and each process would have their memory."""
    found = "import django; django.setup(); import sys; import interactions.tasks; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", found], check=True, capture_output=True, text=True)
    assert "interactions.ingest.imports.load" in done.stdout.split()
    assert not {"duckdb", "deltalake", "ibis"} & set(done.stdout.split())
