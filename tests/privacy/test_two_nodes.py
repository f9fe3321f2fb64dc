"""Two Dojos with separate data folders, one database, one Redis and one bucket: one data set, and one erasure."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from interactions.objects import Objects
from tests.privacy.people import traces
from tests.processes import HOUSE, PASSWORD, Dojo, wait_for
from tests.stores import ObjectServer

pytestmark = pytest.mark.slow

PERSON = "ann-of-two-nodes"
FOLDERS = ("lake", "cache", "index", "overlaps", "fingerprints", "imports", "uploads", "exports", "scratch")


@pytest.fixture
def nodes(object_store: ObjectServer, tmp_path: Path) -> Iterator[tuple[Dojo, Dojo]]:
    bucket = object_store.bucket()
    same = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'shared.sqlite3'}",
        "LAKE_URL": f"{bucket}/lake",
        "UPLOADS_URL": f"{bucket}/uploads",
        "SECRET_KEY": "s" * 50,
        "IDENTITY_KEY": "i" * 50,
        "DOJO_ADMIN_PASSWORD": PASSWORD,
        "WORKER_PROCESSES": "1",
        "WEB_WORKERS": "1",
        **object_store.environ,
    }
    one = Dojo(tmp_path / "one", **same)
    one.start()
    socket = one.manage("shell", "-c", "from django.conf import settings; print(settings.REDIS_URL)").splitlines()[-1]
    two = Dojo(tmp_path / "two", **same, REDIS_URL=socket)
    try:
        two.start()
        yield one, two
    finally:
        two.stop()
        one.stop()


def version_of_index(of: Dojo) -> int:
    path = of.data_dir / "index" / "production" / "manifest.json"
    return int(json.loads(path.read_bytes())["version"]) if path.exists() else -1


def test_what_one_node_imports_the_other_shows_and_an_erasure_leaves_nothing_anywhere(
    nodes: tuple[Dojo, Dojo], tmp_path: Path
) -> None:
    one, two = nodes
    users = [PERSON if number % 4 == 0 else f"user-{number}" for number in range(40)]
    lines = [json.dumps({"type": "like", "user_id": user, "product_ids": [f"p{n}"]}) for n, user in enumerate(users)]
    (tmp_path / "week.jsonl").write_text("\n".join(lines))
    done = subprocess.run(
        [sys.executable, "manage.py", "import_interactions", str(tmp_path / "week.jsonl"), "--environment=production"],
        cwd=HOUSE, env=one.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + one.output()
    (tmp_path / "week.jsonl").unlink()
    key = two.manage("create_api_key", "--environment", "production", "--kind", "secret").splitlines()[-1]
    ask(two, key, "POST", {"data": [{"type": "like", "user_id": "live-user", "product_ids": ["p"]}]})
    wait_for(lambda: version_of_index(one) == version_of_index(two) > 0, seconds=90, because=two.output)
    ask(two, key, "DELETE", {"data": {"user_ids": [PERSON]}})

    def asked() -> list[tuple[str, str]]:
        return requests(tmp_path / "shared.sqlite3")

    said = lambda: f"{asked()}\n{one.output()}\n{two.output()}"  # noqa: E731
    wait_for(lambda: asked() == [("verified", "")], seconds=120, because=said)
    bucket = Objects(one.environ["LAKE_URL"].rpartition("/")[0])
    (tmp_path / "bucket").mkdir()
    for name, _ in bucket.names():
        bucket.fetch(name, tmp_path / "bucket" / name.replace("/", "_"))
    assert traces(tmp_path / "bucket", PERSON) == []
    for node in nodes:
        assert [left for folder in FOLDERS for left in traces(node.data_dir / folder, PERSON)] == []
    stats = [json.loads(node.manage("interaction_stats", "--environment", "production")) for node in nodes]
    assert stats[0] == stats[1]


def requests(database: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(database, timeout=30)) as connected:
        return connected.execute("SELECT state, error FROM interactions_deletionrequest").fetchall()


def ask(of: Dojo, key: str, method: str, body: object) -> None:
    headers = {"X-API-KEY": key, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{of.url}/v1/interactions", json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
