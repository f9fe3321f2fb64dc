"""Processes are killed in the middle of a load: what was acknowledged is in the table, once."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from tests import tables_at_work
from tests.processes import Dojo, wait_for

CALLS = 2000
SENDERS = 6
NOW = datetime.now(UTC).isoformat()


class Load:
    """Sends one-record calls, again where no answer came, and remembers which were acknowledged."""

    def __init__(self, dojo: Dojo, key: str) -> None:
        self._dojo, self._key = dojo, key
        self._numbers = itertools.count()
        self.acknowledged: set[str] = set()
        self.refused: Counter[int] = Counter()
        self._threads = [threading.Thread(target=self._run) for _ in range(SENDERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (number := next(self._numbers)) < CALLS:
            user = f"user {number:05}"
            # Half of the records are known again by their uuid, half by their time and what they say.
            known = {"context": {"custom_context": {"uuid": f"uuid {number}"}}} if number % 2 else {"timestamp": NOW}
            body = json.dumps({"data": [{"type": "like", "user_id": user, **known}]})
            while (status := self._send(body)) != 200:
                self.refused[status] += 1
                time.sleep(0.05)
            self.acknowledged.add(user)

    def _send(self, body: str) -> int:
        """The status of one call, 0 where no answer came."""
        connection = http.client.HTTPConnection("127.0.0.1", self._dojo.port, timeout=10)
        try:
            connection.request("POST", f"/v1/interactions?api_key={self._key}", body)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
        return answer.status


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Dojo]:
    dojo = Dojo(tmp_path / "data", DOJO_ADMIN_PASSWORD="correct horse battery", WORKER_PROCESSES="1")
    dojo.gather_static_files()
    dojo.start()
    try:
        yield dojo
    finally:
        dojo.stop()


def kill(dojo: Dojo, word: str) -> None:
    """Kill the processes in whose command line this stands."""
    assert dojo.process is not None
    killed = 0
    for process in psutil.Process(dojo.process.pid).children(recursive=True):
        try:
            if word in " ".join(process.cmdline()):
                process.kill()
                killed += 1
        except psutil.NoSuchProcess:
            continue
    assert killed, f"No process of {word} runs."


def table_users(dojo: Dojo) -> Counter[str]:
    return Counter(tables_at_work.values(dojo.data_dir / "lake" / "production", "user_id"))


@pytest.mark.slow
def test_what_was_acknowledged_is_in_the_table_once_whoever_was_killed(house: Dojo) -> None:
    key = house.manage("create_api_key", "--kind", "secret").splitlines()[-1]
    load = Load(house, key)
    load.start()
    for number, word in enumerate(("append_inbox", "granian", "celery", "redis-server"), start=1):
        wait_for(lambda: len(load.acknowledged) > number * CALLS // 5, seconds=60)  # noqa: B023 - called at once
        kill(house, word)
        wait_for(lambda: house.health()[0] == 200, seconds=60, because=house.output)  # it's started again by itself
    load.wait()
    wait_for(lambda: len(table_users(house)) >= CALLS, seconds=90, because=house.output)
    time.sleep(2.5)  # what came twice would come now
    found = table_users(house)
    assert load.acknowledged <= set(found)
    assert [user for user, count in found.items() if count > 1] == []
    assert 0 in load.refused, "Nothing was in the middle of anything."
