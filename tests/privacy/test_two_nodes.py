"""Two Dojos with separate data folders, one PostgreSQL, one Redis with a password and TLS, and one bucket: one data
set, one erasure, and either may be killed in the middle of anything.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from interactions.objects import Objects
from tests import postgres, tables_at_work, tls_redis
from tests.privacy.people import traces
from tests.processes import HOUSE, PASSWORD, Dojo, environ, query, wait_for
from tests.stores import ObjectServer

pytestmark = pytest.mark.slow

SCOPES = ("read", "write", "delete")
FOLDERS = ("lake", "cache", "index", "overlaps", "fingerprints", "imports", "uploads", "exports", "scratch")
HEALED = 180  # seconds after which it's said to hang


@dataclass
class Pair:
    """Two nodes, and a third folder whose commands import. ``expected`` are the users in the table, one record each."""

    nodes: tuple[Dojo, Dojo]
    desk: dict[str, str]
    store: ObjectServer
    key: str = ""
    expected: Counter[str] = field(default_factory=Counter)

    def other(self, than: Dojo) -> Dojo:
        return self.nodes[self.nodes[0] is than]

    def load(self, users: Sequence[str], folder: Path) -> subprocess.Popen[str]:
        """An import of one record of each of these users, by a command."""
        self.expected += Counter(users)
        lines = [json.dumps({"type": "like", "user_id": user, "product_ids": [f"p-{user}"]}) for user in users]
        path = folder / "week.jsonl"
        path.write_text("\n".join(lines))
        line = [sys.executable, "manage.py", "import_interactions", str(path), "--environment=production", "--json"]
        return subprocess.Popen(
            line, cwd=HOUSE, env=self.desk, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def ended(self, loading: subprocess.Popen[str], folder: Path) -> dict[str, Any]:
        """What an import said at its end; its file goes."""
        said, _ = loading.communicate(timeout=HEALED)
        assert loading.returncode == 0, said + self.output()
        (folder / "week.jsonl").unlink()
        found: dict[str, Any] = json.loads(said.splitlines()[-1])
        return found

    def call(self, on: Dojo, method: str, body: Any = None, path: str = "interactions") -> Any:
        headers = {"X-API-KEY": self.key, "Content-Type": "application/json"}
        content = None if body is None else json.dumps({"data": body}).encode()
        asked = urllib.request.Request(f"{on.url}/v1/{path}", content, headers, method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert answer.status == 200
            return json.loads(answer.read() or b"{}")

    def send(self, on: Dojo, user: str) -> None:
        """A live record that is acknowledged."""
        self.expected[user] += 1
        self.call(on, "POST", [{"type": "like", "user_id": user, "context": {"custom_context": {"uuid": user}}}])

    def erase(self, on: Dojo, user: str) -> None:
        del self.expected[user]
        self.call(on, "DELETE", {"user_ids": [user]})

    def requests(self) -> set[tuple[str, str]]:
        return set(query(self.desk, "SELECT state, error FROM interactions_deletionrequest"))

    def counted(self, on: Dojo) -> tuple[int, int]:
        """Records and users of the dashboard."""
        try:
            (row,) = self.call(on, "GET", path="reports/totals?period=all&compare=no")["rows"]
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
            return 0, 0
        return row["interactions"], row["users"]

    def users(self) -> Counter[str]:
        """The users of all records in the table, read as any other program does."""
        address, options = f"{self.desk['LAKE_URL']}/production", dict(self.store.environ)
        return Counter(tables_at_work.values(address, "user_id", options))

    def output(self) -> str:
        return "\n".join((str(self.requests()), *(node.output()[-6_000:] for node in self.nodes)))

    def assert_right(self) -> None:
        """Wait until both nodes show what is expected, and look at the table itself."""
        counts = self.expected.total(), len(self.expected)
        for node in self.nodes:
            wait_for(lambda: self.counted(node) == counts, seconds=HEALED, because=self.output, pause=0.5)  # noqa: B023
        assert self.users() == self.expected
        assert query(self.desk, "SELECT count(*) FROM interactions_inboxentry") == [(0,)]

    def left(self, user: str, folder: Path) -> list[str]:
        """Where a user is in the bucket and in both folders, unpacked."""
        bucket = Objects(self.desk["LAKE_URL"].rpartition("/")[0])
        copy = folder / "bucket"
        copy.mkdir()
        for name, _ in bucket.names():
            with suppress(FileNotFoundError):  # gone since the listing: a node tidies while this looks
                bucket.fetch(name, copy / name.replace("/", "_"))
        return [each for place in self._places(copy) for each in traces(place, user)]

    def _places(self, copy: Path) -> list[Path]:
        return [copy, *(node.data_dir / name for node in self.nodes for name in FOLDERS)]


@pytest.fixture(scope="module")
def pair(object_server: ObjectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("nodes")
    bucket = object_server.bucket()
    with tls_redis.running() as redis_url:
        same = {
            "DATABASE_URL": postgres.url_for(folder),
            "REDIS_URL": redis_url,
            "LAKE_URL": f"{bucket}/lake",
            "UPLOADS_URL": f"{bucket}/uploads",
            "SECRET_KEY": "s" * 50,
            "IDENTITY_KEY": "i" * 50,
            "DOJO_ADMIN_PASSWORD": PASSWORD,
            "WORKER_PROCESSES": "2",
            "WEB_WORKERS": "1",
            "IMPORT_STALE_SECONDS": "2",
            "DJANGO_SETTINGS_MODULE": "tests.kills.settings",
            "PYTHONPATH": str(HOUSE),
            **object_server.environ,
        }
        nodes = Dojo(folder / "one", **same), Dojo(folder / "two", **same)
        pair = Pair(nodes, environ(folder / "desk", **same), object_server)
        nodes[0].gather_static_files()
        try:
            for node in nodes:
                node.start()
                (node.data_dir / "pins").mkdir()
            scopes = [word for scope in SCOPES for word in ("--scope", scope)]
            made = nodes[1].manage("create_api_key", "--environment", "production", "--kind", "secret", *scopes)
            pair.key = made.splitlines()[-1]
            yield pair
        finally:
            for node in nodes:
                node.stop()


def test_what_one_node_imports_both_show_and_an_erasure_leaves_nothing_anywhere(
    pair: Pair, object_store: ObjectServer, tmp_path: Path
) -> None:
    one, two = pair.nodes
    assert {node.health()[0] for node in pair.nodes} == {200}
    imported = pair.ended(pair.load(["ann", "bob", *(f"user-{number}" for number in range(40))], tmp_path), tmp_path)
    assert (imported["records"], imported["accepted"]) == (42, 42)
    pair.send(one, "live-one")
    pair.send(two, "live-two")
    pair.assert_right()
    assert pair.left("ann", tmp_path) != []
    pair.erase(two, "ann")
    wait_for(lambda: pair.requests() == {("verified", "")}, seconds=HEALED, because=pair.output)
    pair.assert_right()
    (tmp_path / "after").mkdir()
    assert pair.left("ann", tmp_path / "after") == []


def begin(pair: Pair, place: str, folder: Path) -> subprocess.Popen[str] | None:
    """Work that comes to a place; an import is returned."""
    if place == "commit":
        return pair.load([f"kill-{number}" for number in range(40)], folder)
    if place == "live":
        pair.send(pair.nodes[0], "kill-live")
    else:
        pair.erase(pair.nodes[0], "bob")
    return None


@pytest.mark.parametrize("place", ["commit", "live", "erasing"])
def test_a_node_that_is_killed_in_the_middle_loses_and_doubles_nothing(
    pair: Pair, object_store: ObjectServer, tmp_path: Path, place: str
) -> None:
    """Of an import's commit, of live records' and of an erasure. Whichever node has it: the other goes on with it."""
    pins = [node.data_dir / "pins" / f"{place}@production" for node in pair.nodes]
    for pin in pins:
        pin.touch()
    loading = begin(pair, place, tmp_path)

    def holder() -> Dojo | None:
        held = (pin.with_name(f"{pin.name}.held").exists() for pin in pins)
        return next((node for node, is_held in zip(pair.nodes, held, strict=True) if is_held), None)

    killed: Dojo = wait_for(holder, seconds=HEALED, because=pair.output)
    killed.kill()
    for path in sorted(path for pin in pins for path in pin.parent.iterdir()):
        path.unlink()
    pair.send(pair.other(killed), f"while-{place}")
    if loading:
        imported = pair.ended(loading, tmp_path)
        assert (imported["records"], imported["accepted"], imported["duplicates"]) == (40, 40, 0)
    wait_for(lambda: pair.requests() <= {("verified", "")}, seconds=HEALED, because=pair.output)
    killed.start()
    pair.assert_right()
    if place == "erasing":
        assert pair.left("bob", tmp_path) == []
