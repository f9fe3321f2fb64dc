"""Each process is killed amid an import, live calls and an erasure: nothing is lost or doubled, and all goes on."""

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

import psutil
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from tests.imports.files import record
from tests.running import HOUSE, PASSWORD, Dojo, add_environment, wait_for

pytestmark = pytest.mark.slow
RECORDS = 30_000
CALLS = 30

VICTIMS: dict[str, Callable[[Dojo], psutil.Process]] = {
    "web": lambda dojo: dojo.running()["web"],
    "inbox": lambda dojo: dojo.running()["inbox"],
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


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many records, each of a user of its own."""
    path = tmp_path_factory.mktemp("file") / "week.jsonl"
    line = '{"type":"product_detail_page_view","user_id":"user-%d","product_ids":["%d"],"timestamp":"%s"}\n'
    with path.open("w") as lines:
        lines.writelines(line % (n, n % 1000, record(n)["timestamp"]) for n in range(RECORDS))
    return path


def users(dojo: Dojo, environment: str) -> Counter[str]:
    folder = dojo.data_dir / "lake" / environment
    found: Counter[str] = Counter()
    for path in DeltaTable(str(folder)).file_uris() if (folder / "_delta_log").is_dir() else []:
        found.update(pq.ParquetFile(path).read(columns=["user_id"])["user_id"].to_pylist())
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


def blocks_done(dojo: Dojo) -> int:
    with closing(sqlite3.connect(f"file:{dojo.data_dir}/dojo.sqlite3?mode=ro", uri=True, timeout=10)) as rows:
        count = "SELECT count(*) FROM interactions_block b JOIN interactions_import i ON i.id = b.import_id"
        return int(rows.execute(f"{count} WHERE b.state = 'done' AND i.state = 'loading'").fetchone()[0])


def command(dojo: Dojo, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=HOUSE, env=dojo.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("victim", VICTIMS)
def test_nothing_is_lost_or_doubled_and_all_goes_on_by_itself(product: Dojo, file: Path, victim: str):
    wait_for(lambda: product.health()[0] == 200, seconds=240, because=product.output)
    place = add_environment(product, f"kill-{victim}")
    key = product.manage("create_api_key", "--environment", place, "--kind", "secret").splitlines()[-1]
    for name in ("ann", "bob"):
        wait_for(lambda: call(product, key, name), seconds=60, because=product.output)  # noqa: B023 - called at once
    wait_for(lambda: users(product, place).keys() == {"ann", "bob"}, seconds=60, because=product.output)

    loading = command(product, "import_interactions", str(file), "--environment", place, "--json")
    erasing = command(product, "erase_users", "--environment", place, "--user-id", "ann")
    wait_for(lambda: blocks_done(product) >= 1 or loading.poll() is not None, seconds=120, because=product.output)
    VICTIMS[victim](product).kill()
    for number in range(CALLS):
        wait_for(lambda: call(product, key, f"live-{number}"), seconds=120, because=product.output)  # noqa: B023

    output, errors = loading.communicate(timeout=240)
    assert loading.returncode == 0, (output, errors, product.output())
    output, errors = erasing.communicate(timeout=240)
    assert erasing.returncode == 0, (output, errors, product.output())
    expected = Counter(["bob", *(f"live-{n}" for n in range(CALLS)), *(f"user-{n}" for n in range(RECORDS))])
    wait_for(lambda: users(product, place).total() >= expected.total(), seconds=120, because=product.output)
    assert users(product, place) == expected
    wait_for(lambda: product.health()[0] == 200, seconds=240, because=product.output)
