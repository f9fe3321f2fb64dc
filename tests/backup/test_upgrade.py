"""The data folder of the first version opens in this one, with all that it held, and upgrades by itself.

``first_version.tar.xz`` is such a folder, made by that version (0.1.0 of 26 November 2026) on SQLite: an import with
rejected records, a person who was erased (``gone@example.org``), one who was hidden and still is to be erased
(``waiting@example.org``), records of the API in the table and one more in the inbox (of ``comes late``). ``key.txt`` is
a key of its API, and ``week.jsonl`` is the file that was imported.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.privacy.people import traces
from tests.processes import ADMIN, HOUSE, PASSWORD, Dojo, query, wait_for

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).with_name("first_version.tar.xz")
GONE, WAITING, LATE = "gone@example.org", "waiting@example.org", "comes late"


@dataclass
class Upgraded:
    """This version on the old folder. ``file`` is what was imported then."""

    dojo: Dojo
    key: str
    file: Path

    def users(self, folder: Path) -> Counter[str]:
        path = folder / "all.jsonl"
        self.dojo.manage("export_interactions", str(path))
        return Counter(json.loads(line)["user_id"] for line in path.read_text().splitlines())

    def expected(self) -> Counter[str]:
        """The users of all records that are to be there."""
        lines = [json.loads(line) for line in self.file.read_text().splitlines()[:-1]]
        imported = Counter(line["user_id"] for line in lines if line["type"] != "no such type")
        del imported[GONE], imported[WAITING]
        return imported + Counter(["live-0", "live-1", "live-2", LATE])

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"X-API-KEY": self.key, "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(f"{self.dojo.url}{path}", content, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def requests(self) -> list[tuple[str, str]]:
        return query(self.dojo.environ, "SELECT state, error FROM interactions_deletionrequest ORDER BY id")

    def are_verified(self, count: int) -> bool:
        return self.requests() == [("verified", "")] * count

    def explain(self) -> str:
        return f"{self.requests()} {self.dojo.output()[-4000:]}"


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    folder = tmp_path_factory.mktemp("first")
    with tarfile.open(FOLDER) as archive:
        archive.extractall(folder, filter="data")
    data = folder / "data"
    dojo = Dojo(data, WORKER_PROCESSES="1", WEB_WORKERS="1")
    dojo.environ.pop("DATABASE_URL", None)  # the folder has its database, whatever the other tests run on
    dojo.gather_static_files()
    dojo.start()
    try:
        found = Upgraded(dojo, (folder / "key.txt").read_text().strip(), folder / "week.jsonl")
        wait_for(lambda: found.are_verified(2), seconds=120, because=found.explain)
        yield found
    finally:
        dojo.stop()


def test_its_records_are_there_and_what_waited_in_the_inbox_too(upgraded: Upgraded, tmp_path: Path) -> None:
    assert upgraded.users(tmp_path) == upgraded.expected()


def test_who_was_hidden_is_erased_and_nothing_is_left_of_either(upgraded: Upgraded) -> None:
    """Nor in files of that version which this one doesn't use any more."""
    for person in (GONE, WAITING):
        assert [each for each in traces(upgraded.dojo.data_dir, person) if "dojo.sqlite3" not in each] == []


def test_its_key_still_sends_and_sends_no_more_than_it_did(upgraded: Upgraded, tmp_path: Path) -> None:
    same: dict[str, Any] = {"type": "like", "user_id": "live-0", "product_ids": ["p-1"]}
    same["context"] = {"custom_context": {"uuid": "u-0"}}  # a repeat of a record that was sent to that version
    assert upgraded.call("POST", "/v1/interactions", {"data": [same]})[0] == 200
    assert upgraded.call("GET", "/v1/reports/totals")[0] == 403  # scopes came later
    inbox = "SELECT count(*) FROM interactions_inboxentry"
    wait_for(lambda: query(upgraded.dojo.environ, inbox) == [(0,)], because=upgraded.explain)
    assert upgraded.users(tmp_path) == upgraded.expected()


def test_its_file_adds_nothing_again_and_nobody_who_was_erased(upgraded: Upgraded, tmp_path: Path) -> None:
    line = [sys.executable, "manage.py", "import_interactions", str(upgraded.file), "--json"]
    done = subprocess.run(line, cwd=HOUSE, env=upgraded.dojo.environ, capture_output=True, text=True, check=False)
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["accepted"], result["state"]) == (0, "done_with_rejects")
    assert upgraded.users(tmp_path) == upgraded.expected()


def test_its_imports_and_receipts_are_shown_and_its_password_is_good(upgraded: Upgraded) -> None:
    script = f"""
from django.test import Client
from django.urls import reverse
client = Client(HTTP_HOST="localhost")
print(client.login(username={ADMIN!r}, password={PASSWORD!r}))
for name in ("dashboard", "health", "records", "imports", "deletion_requests"):
    print(client.get(reverse(name, args=["production"])).status_code)
for name in ("import_detail", "deletion_request"):
    answer = client.get(reverse(name, args=["production", 1]))
    print(answer.status_code, "week.jsonl" in answer.content.decode())
"""
    said = upgraded.dojo.manage("shell", "-c", script).split()
    assert said[-10:] == ["True", *["200"] * 5, "200", "True", "200", "False"]


def test_somebody_is_erased_from_it_without_a_trace(upgraded: Upgraded, tmp_path: Path) -> None:
    assert upgraded.call("DELETE", "/v1/interactions", {"user_ids": ["user-7"]})[0] == 200
    wait_for(lambda: upgraded.are_verified(3), seconds=120, because=upgraded.explain)
    assert "user-7" not in upgraded.users(tmp_path)
    left = traces(upgraded.dojo.data_dir, "user-7")
    assert [each for each in left if "dojo.sqlite3" not in each] == []
