"""One command starts everything, says where it is, and leaves nothing behind."""

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import HOUSE, Dojo, environ, wait_for

pytestmark = pytest.mark.slow

PASSWORD_SHOWN = re.compile(r"Log in as admin with the password (\S+) ")


@pytest.fixture(scope="module", autouse=True)
def static_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    Dojo(tmp_path_factory.mktemp("gather") / "data").gather_static_files()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Dojo]:
    """A Dojo on a data folder that does not exist yet."""
    product = Dojo(tmp_path / "data")
    yield product
    product.stop()


def refused(data_dir: Path, **more: str) -> str:
    """What a start that is refused says; it has to be one line."""
    done = subprocess.run(
        [sys.executable, "manage.py", "run"],
        cwd=HOUSE, env=environ(data_dir, **more), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    sentence = done.stderr.strip()
    assert "\n" not in sentence
    return sentence


def test_the_first_start_makes_everything_and_the_second_finds_it(fresh: Dojo):
    fresh.start()
    wait_for(lambda: f"Dojo is at {fresh.url}/" in fresh.output(), because=fresh.output)
    shown = PASSWORD_SHOWN.findall(fresh.output())
    assert len(shown) == 1
    assert shown[0] not in (fresh.data_dir / "logs" / "dojo.log").read_text()
    assert fresh.stop() == 0
    assert fresh.processes() == []

    fresh.start()
    assert PASSWORD_SHOWN.findall(fresh.output()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_stopping_leaves_no_process(fresh: Dojo, number: signal.Signals):
    fresh.start()
    assert len(fresh.processes()) > 5
    assert fresh.stop(number) == 0
    assert fresh.processes() == []


def test_a_start_that_is_killed_outright_leaves_no_process_either(fresh: Dojo):
    fresh.start()
    fresh.stop(signal.SIGKILL)
    wait_for(lambda: fresh.processes() == [], because=lambda: str(fresh.processes()))


def test_health_notices_a_worker_that_hangs(dojo: Dojo):
    worker = dojo.worker()
    worker.suspend()
    try:
        wait_for(lambda: dojo.health()[0] == 503, seconds=60)
        assert dojo.health()[1]["worker"] == "does not answer"
    finally:
        worker.resume()
    wait_for(lambda: dojo.health()[0] == 200)


def test_every_page_brings_the_security_policy(dojo: Dojo):
    with urllib.request.urlopen(f"{dojo.url}/login/") as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-eval" not in policy


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert refused(tmp_path / "data", PORT=str(port)).startswith(f"Port {port} is taken")


def test_a_data_folder_that_cannot_be_used_is_said_in_one_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert refused(tmp_path / "file" / "data").startswith("DOJO_DATA_DIR is ")


def test_a_data_folder_in_use_is_said_in_one_sentence(dojo: Dojo):
    assert "Dojo is already running on" in refused(dojo.data_dir, PORT=str(Dojo(dojo.data_dir).port))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eight thousand"),
        ("DEBUG", "perhaps"),
        ("DATABASE_URL", "mysql://here/dojo"),
        ("REDIS_URL", "http://here"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_bad_value_is_named(tmp_path: Path, name: str, value: str):
    assert refused(tmp_path / "data", **{name: value}).startswith(f"{name} ")


def test_with_a_database_on_another_machine_both_keys_must_be_given(tmp_path: Path):
    said = refused(tmp_path / "data", DATABASE_URL="postgres://db.example.com/name", SECRET_KEY="given")
    assert said.startswith("IDENTITY_KEY must be set: DATABASE_URL names another machine")
    assert f"secret_key and identity_key in {tmp_path / 'data'}" in said
    assert not list((tmp_path / "data").iterdir())


def test_a_redis_of_ones_own_that_is_silent_is_said_in_one_sentence(tmp_path: Path):
    said = refused(tmp_path / "data", REDIS_URL=f"unix://{tmp_path}/none.sock")
    assert said == "The Redis of REDIS_URL does not answer: start it, or correct REDIS_URL."


def test_a_redis_of_ones_own_is_used(redis_server: str, tmp_path: Path):
    product = Dojo(tmp_path / "data", REDIS_URL=redis_server)
    product.start()
    try:
        assert not (product.data_dir / "redis" / "redis.sock").exists()
    finally:
        assert product.stop() == 0
