"""Sail, a cluster that speaks Spark Connect: alone, and as a driver with two workers. Each is started once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from interactions import process_caches
from tests.processes import HOUSE, free_port, tied, wait_for

SAIL = HOUSE / ".build" / "sail" / "bin" / "sail"
WORKERS = {
    "SAIL_MODE": "local-cluster",
    "SAIL_CLUSTER__WORKER_INITIAL_COUNT": "2",
    "SAIL_CLUSTER__WORKER_MAX_COUNT": "2",
}


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """No answer of another test, whose tables have the same names and versions."""
    process_caches.empty()
    yield
    process_caches.empty()


@pytest.fixture(scope="session")
def sail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Sail in one process; its address."""
    with started(tmp_path_factory.mktemp("sail"), SAIL_MODE="local") as url:
        yield url


@pytest.fixture(scope="session")
def sail_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Sail with two workers, in processes of their own; its address."""
    with started(tmp_path_factory.mktemp("sail"), **WORKERS) as url:
        yield url


@contextmanager
def started(folder: Path, **environ: str) -> Iterator[str]:
    """A server on the loopback address that ends with the block."""
    if not SAIL.exists():
        pytest.skip("Sail isn't installed here: make .build/sail/done says why.")
    port = free_port()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            tied(SAIL, "spark", "server", "--ip", "127.0.0.1", "--port", str(port)),
            env={**os.environ, "SAIL_EXECUTION__DEFAULT_PARALLELISM": "2", **environ},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for(lambda: listens(port), seconds=60, because=lambda: (folder / "log").read_text()[-2000:])
        yield f"sc://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
