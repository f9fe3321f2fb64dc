"""The whole product on a small disk that fills up: nothing exits, and all goes on once there is room again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from interactions.disk import PAUSED
from tests import tables_at_work
from tests.ingest.imports.files import as_lines, record
from tests.processes import COMMANDS, HOUSE, PASSWORD, Dojo, query, wait_for

pytestmark = pytest.mark.slow
RECORDS = 20_000
RESERVE = 3 << 20  # bytes in which the database finds room to say that an import waits


def mount(*arguments: object) -> bool:
    return subprocess.run(["mount", *map(str, arguments)], capture_output=True, check=False).returncode == 0


class SmallDisk:
    """A disk of 64 MB."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, but: int = 0) -> None:
        """Leave so many bytes free."""
        with (self.folder / "other programs").open("ab", buffering=0) as file:
            if but:
                file.write(bytes(shutil.disk_usage(self.folder).free - but))
                return
            for size in (1 << 20, 1 << 12):  # until not even a page of memory is left
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue

    def make_room(self) -> None:
        (self.folder / "other programs").unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Skipped for those who may not mount one; test_full.py has what each part does then."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or not mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", folder):
        pytest.skip("Only root may mount a small disk here.")
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def product(disk: SmallDisk) -> Iterator[Dojo]:
    more = {"DISK_RESERVE_BYTES": str(RESERVE), "WORKER_PROCESSES": "1", "IMPORT_STALE_SECONDS": "2"}
    dojo = Dojo(disk.folder / "data", DOJO_ADMIN_PASSWORD=PASSWORD, **more)
    dojo.output_file = disk.folder.parent / "output"
    dojo.gather_static_files()
    dojo.start()
    yield dojo
    dojo.stop()


def send(dojo: Dojo, key: str, user: str) -> tuple[int, Any]:
    body = json.dumps({"data": [{"type": "like", "user_id": user}]}).encode()
    request = urllib.request.Request(f"{dojo.url}/v1/interactions?api_key={key}", body)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, None
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Retry-After"]


def users(dojo: Dojo) -> Counter[str]:
    return Counter(tables_at_work.values(dojo.data_dir / "lake" / "production", "user_id"))


def is_indexed(dojo: Dojo) -> bool:
    """Whether pages are answered from all that is in the table."""
    manifest = json.loads((dojo.data_dir / "index" / "production" / "manifest.json").read_text())
    return bool(manifest["version"] == tables_at_work.version(dojo.data_dir / "lake" / "production"))


def last_import(dojo: Dojo) -> list[tuple[str, str]]:
    """Its state and its word, as the page shows them."""
    return query(dojo.environ, "SELECT state, error FROM interactions_import ORDER BY id DESC LIMIT 1")


def test_nothing_exits_and_all_goes_on_once_there_is_room(product: Dojo, disk: SmallDisk, tmp_path: Path):
    key = product.manage("create_api_key", "--kind", "secret").splitlines()[-1]
    assert send(product, key, "before") == (200, None)
    wait_for(lambda: users(product) == {"before": 1}, because=product.output)
    file = tmp_path / "week.jsonl"
    pages = ({"page": {"url": f"https://a.example/{os.urandom(400).hex()}"}} for _ in range(RECORDS))
    file.write_bytes(as_lines([record(number, context=page) for number, page in enumerate(pages)]))
    running = product.running()

    # Little room: some of the file is read, then none is left for what the blocks make of it.
    disk.fill(but=RESERVE + (3 << 20))
    command = subprocess.Popen(
        [sys.executable, "manage.py", "import_interactions", str(file), "--json"],
        env=product.environ, cwd=HOUSE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(lambda: last_import(product) == [("loading", PAUSED)], seconds=60, because=product.output)
    disk.fill()
    if connection.vendor == "sqlite":
        wait_for(lambda: send(product, key, "meanwhile")[0] == 503, seconds=60, because=product.output)
        assert send(product, key, "meanwhile") == (503, "30")
    else:  # the inbox is in a database on another disk
        assert send(product, key, "other disk") == (200, None)
    assert command.poll() is None
    assert product.running() == running, product.output()

    disk.make_room()
    output, errors = command.communicate(timeout=120)
    assert command.returncode == 0, (output, errors, product.output())
    assert PAUSED in errors
    assert json.loads(output.splitlines()[-1])["accepted"] == RECORDS
    wait_for(lambda: send(product, key, "after") == (200, None), seconds=90, because=product.output)
    calls = ["before", "after"] if connection.vendor == "sqlite" else ["before", "after", "other disk"]
    expected = Counter(calls) + Counter(f"user-{number}" for number in range(RECORDS))
    wait_for(lambda: users(product).keys() >= expected.keys(), seconds=60, because=product.output)
    wait_for(lambda: is_indexed(product), seconds=120, because=product.output)
    found = users(product)
    assert {user for user in found if user.startswith("user-")} == {f"user-{number}" for number in range(RECORDS)}
    assert found - expected == Counter(), "Something came twice, or though it was refused."
    wait_for(lambda: product.health()[0] == 200, seconds=60, because=product.output)
    assert product.running() == running, product.output()
    assert product.running().keys() == COMMANDS.keys()
