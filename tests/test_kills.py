"""Processes are killed amid an import, an undo, live calls, an erasure and a compaction: nothing is lost or doubled."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from tests.ingest.imports.files import record
from tests.running import COMMANDS, HOUSE, PASSWORD, Dojo, add_environment, wait_for

pytestmark = pytest.mark.slow
RECORDS, UNDONE = 30_000, 3_000
CALLS = 15
HEALED = 240  # seconds after which it's said to hang
UNDO = """
from interactions import tasks
from interactions.ingest import imports
from interactions.models import Import
tasks.compact_lakes.delay()
imports.undo(Import.objects.get(pk={}))
"""


def process(name: str) -> Callable[[Dojo], psutil.Process]:
    return lambda dojo: dojo.running()[name]


def child(name: str) -> Callable[[Dojo], psutil.Process]:
    return lambda dojo: dojo.running()[name].children()[-1]


# What is killed at once.
VICTIMS: dict[str, list[Callable[[Dojo], psutil.Process]]] = {
    "web and inbox": [process("web"), process("inbox")],
    "worker": [process("worker")],
    "a process of the worker and one of the web server": [child("worker"), child("web")],
    "scheduler and summaries": [process("scheduler"), process("summaries")],
    "redis": [process("redis")],
    "supervisor": [Dojo.supervisor],
}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dojo]:
    """One Dojo for all kills; what is silent for 2 seconds is taken for lost."""
    more = {"WORKER_PROCESSES": "2", "IMPORT_STALE_SECONDS": "2", "IMPORT_BLOCK_BYTES": "200000"}
    dojo = Dojo(tmp_path_factory.mktemp("kills") / "data", DOJO_ADMIN_PASSWORD=PASSWORD, **more)
    dojo.gather_static_files()
    dojo.start()
    yield dojo
    dojo.stop()


def file(folder: Path, prefix: str, count: int) -> str:
    """So many records, each of a user of its own."""
    path = folder / f"{prefix}.jsonl"
    line = '{"type":"product_detail_page_view","user_id":"%s-%d","product_ids":["%d"],"timestamp":"%s"}\n'
    with path.open("w") as lines:
        lines.writelines(line % (prefix, n, n % 1000, record(n)["timestamp"]) for n in range(count))
    return str(path)


def users(dojo: Dojo, environment: str) -> Counter[str]:
    folder = dojo.data_dir / "lake" / environment
    found: Counter[str] = Counter()
    try:
        for path in DeltaTable(str(folder)).file_uris() if (folder / "_delta_log").is_dir() else []:
            found.update(pq.ParquetFile(path).read(columns=["user_id"])["user_id"].to_pylist())
    except FileNotFoundError:  # its parts were put together meanwhile
        return Counter()
    return found


def call(dojo: Dojo, key: str, user: str) -> bool:
    """Whether one live record was acknowledged. Sent again, it's known by its uuid."""
    body = {"data": [{"type": "like", "user_id": user, "context": {"custom_context": {"uuid": f"{key} {user}"}}}]}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(f"{dojo.url}/v1/interactions?api_key={key}", json.dumps(body).encode()), timeout=10
        ) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def ask(dojo: Dojo, sql: str) -> Any:
    with closing(sqlite3.connect(f"file:{dojo.data_dir}/dojo.sqlite3?mode=ro", uri=True, timeout=10)) as rows:
        return rows.execute(sql).fetchone()[0]


def blocks_done(dojo: Dojo) -> int:
    count = "SELECT count(*) FROM interactions_block b JOIN interactions_import i ON i.id = b.import_id"
    return int(ask(dojo, f"{count} WHERE b.state = 'done' AND i.state = 'loading'"))


def undo_is_asked_for(dojo: Dojo, imp: int) -> bool:
    return bool(ask(dojo, f"SELECT phase = 'undoing' OR state = 'undone' FROM interactions_import WHERE id = {imp:d}"))


def command(dojo: Dojo, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=HOUSE, env=dojo.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def all_run(dojo: Dojo) -> bool:
    return dojo.running().keys() == COMMANDS.keys() and dojo.health()[0] == 200


@pytest.mark.parametrize("victims", VICTIMS.values(), ids=VICTIMS)
def test_nothing_is_lost_or_doubled_and_all_goes_on_by_itself(
    product: Dojo, tmp_path: Path, victims: list[Callable[[Dojo], psutil.Process]], request: pytest.FixtureRequest
):
    said = product.output
    wait_for(lambda: all_run(product), seconds=HEALED, because=said)
    place = add_environment(product, "kill-" + request.node.callspec.id.replace(" ", "-"))
    key = product.manage("create_api_key", "--environment", place, "--kind", "secret").splitlines()[-1]
    known = product.manage("import_interactions", file(tmp_path, "undone", UNDONE), "--environment", place, "--json")
    undone = json.loads(known.splitlines()[-1])["import"]
    for name in ("ann", "bob"):
        wait_for(lambda: call(product, key, name), seconds=HEALED, because=said)  # noqa: B023 - called at once
    wait_for(lambda: users(product, place).total() == UNDONE + 2, seconds=HEALED, because=said)

    undoing = command(product, "shell", "-c", UNDO.format(undone))
    loading = command(product, "import_interactions", file(tmp_path, "user", RECORDS), "--environment", place, "--json")
    erasing = command(product, "erase_users", "--environment", place, "--user-id", "ann")
    wait_for(lambda: blocks_done(product) >= 1 or loading.poll() is not None, seconds=HEALED, because=said)
    wait_for(lambda: undo_is_asked_for(product, undone), seconds=HEALED, because=said)
    for each in [victim(product) for victim in victims]:
        each.kill()
    for number in range(CALLS):
        wait_for(lambda: call(product, key, f"live-{number}"), seconds=HEALED, because=said)  # noqa: B023

    for waiting in (undoing, loading, erasing):
        output, errors = waiting.communicate(timeout=HEALED)
        assert waiting.returncode == 0, (waiting.args, output, errors, said())
    expected = Counter(["bob", *(f"live-{n}" for n in range(CALLS)), *(f"user-{n}" for n in range(RECORDS))])
    state = f"SELECT state FROM interactions_import WHERE id = {undone:d}"
    wait_for(lambda: ask(product, state) == "undone", seconds=HEALED, because=said)
    wait_for(lambda: users(product, place).total() == expected.total(), seconds=HEALED, because=said, pause=0.5)
    assert users(product, place) == expected
    wait_for(lambda: all_run(product), seconds=HEALED, because=said)
