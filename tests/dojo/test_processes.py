"""A process that ends is started again in place; nothing else is touched, and nothing is left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.processes import COMMANDS, HOUSE, PASSWORD, Dojo, environ, wait_for

pytestmark = pytest.mark.slow

# Dojo's processes with a command of a test's own, and with little patience.
SMALL = """
import sys
from pathlib import Path
from dojo import processes, procfile, startup
startup._PATIENCE_SECONDS, processes._REST_SECONDS = 0, 1
procfile._PROGRAM["startretries"] = "1"
folder = Path(sys.argv[1])
sys.exit(processes.Processes(
    {"web": "exec sleep 600", "short": sys.argv[2]}, {},
    redis_url="", address="http://127.0.0.1:9/", log=folder / "dojo.log", socket=folder / "socket", scratch=folder,
).run())
"""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dojo]:
    """A Dojo whose processes may be killed."""
    dojo = Dojo(tmp_path_factory.mktemp("processes") / "data", DOJO_ADMIN_PASSWORD=PASSWORD, WORKER_PROCESSES="1")
    dojo.gather_static_files()
    dojo.start()
    yield dojo
    dojo.stop()


def lives(process: psutil.Process) -> bool:
    """Whether it runs, and isn't only remembered because nobody has asked how it ended."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def all_run(dojo: Dojo) -> bool:
    return dojo.running().keys() == COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_process_that_is_killed_is_started_again_and_nothing_else_is_touched(product: Dojo, name: str):
    wait_for(lambda: all_run(product) and product.health()[0] == 200, seconds=60, because=product.output)
    before = product.running()
    family = before[name].children(recursive=True)
    before[name].kill()
    wait_for(lambda: product.running().get(name, before[name]) != before[name], because=product.output)
    wait_for(lambda: all_run(product) and product.health()[0] == 200, seconds=60, because=product.output)
    after = product.running()
    assert {other for other in COMMANDS if after[other] != before[other]} == {name}
    assert not any(lives(member) for member in family), "What it had started outlived it."
    assert f"{name} ended by itself (terminated by SIGKILL) and is started again." in product.output()


def test_all_is_started_again_where_the_supervisor_is_killed(product: Dojo):
    wait_for(lambda: all_run(product) and product.health()[0] == 200, seconds=60, because=product.output)
    before = product.processes()
    supervisor = product.supervisor()
    supervisor.kill()
    wait_for(lambda: not lives(supervisor) and all_run(product), seconds=60, because=product.output)
    wait_for(lambda: product.health()[0] == 200, seconds=60, because=product.output)
    assert product.process is not None
    assert [process.pid for process in before if lives(process)] == [product.process.pid]


def test_it_stops_in_order_after_all_that(product: Dojo):
    assert product.stop() == 0
    assert product.processes() == []
    assert product.output().rstrip().endswith("Stopped.")


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("p")  # short, as a socket's path has to be


def start(folder: Path, command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SMALL, str(folder), command],
        cwd=HOUSE, env=environ(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def read_until(running: "subprocess.Popen[str]", words: str, times: int = 1) -> list[str]:
    """What is said until a line with these ``words`` has come so many ``times``."""
    assert running.stdout is not None
    lines: list[str] = []
    for line in running.stdout:
        lines.append(line.rstrip())
        times -= words in line
        if not times:
            return lines
    raise AssertionError(lines)


def test_a_process_that_keeps_ending_is_named_with_its_reason_and_never_given_up(folder: Path):
    running = start(folder, "echo what is wrong; exit 3")
    try:
        said = read_until(running, "short keeps ending (exit status 3). It is tried again in 1 s.", times=2)
    finally:
        running.terminate()
        rest, _ = running.communicate(timeout=20)
    assert "short ended by itself (exit status 3) and is started again." in said
    assert any(line.endswith("short     | what is wrong") for line in said)
    assert not any("web ended" in line for line in said), "Another process was touched."
    assert (running.returncode, rest.splitlines()[-1]) == (0, "Stopped.")
    assert "what is wrong" in (folder / "dojo.log").read_text()


def test_a_process_that_does_not_listen_is_killed_when_all_stops(folder: Path):
    running = start(folder, "trap '' TERM; echo here $$; while :; do sleep 1; done")
    said = read_until(running, "here")
    child = psutil.Process(int(said[-1].split()[-1]))
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=20)
    assert running.returncode == 0
    assert not lives(child)


def test_what_is_said_in_a_closed_terminal_or_on_a_full_disk_ends_nothing(folder: Path):
    (folder / "dojo.log").symlink_to("/dev/full")
    running = start(folder, "while :; do echo a line; sleep 0.02; done")
    read_until(running, "a line")
    assert running.stdout is not None
    running.stdout.close()
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(timeout=1)
    os.kill(running.pid, signal.SIGTERM)
    assert running.wait(timeout=20) == 0
