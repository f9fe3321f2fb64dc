"""An S3 server on this machine, moto's: it answers as a store does, and takes more time of a core for it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.processes import Failed

_START_SECONDS = 60.0
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class StoreServer:
    """A server's process id, and the settings with which Dojo keeps the lake and uploads in a new bucket of it."""

    pid: int
    settings: dict[str, str]


@contextmanager
def running() -> Iterator[StoreServer]:
    """A server until the end of ``with``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        environ = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        }
        _create(environ["AWS_ENDPOINT_URL"])
        store = {"LAKE_URL": "s3://bench/lake", "UPLOADS_URL": "s3://bench/uploads"}
        settings = {**environ, **store, "SECRET_KEY": "s" * 50, "IDENTITY_KEY": "i" * 50}
        yield StoreServer(process.pid, settings)
    finally:
        process.kill()
        process.wait()


def _wait(port: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > until:
            raise Failed("moto's server did not start.")
        time.sleep(_LOOK_SECONDS)


def _create(endpoint: str) -> None:
    import boto3

    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=endpoint, **keys).create_bucket(Bucket="bench")
