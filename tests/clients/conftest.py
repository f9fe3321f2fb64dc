"""A running Dojo with keys, and the clients as they were installed by ``make test``."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest

from tests import tables_at_work
from tests.clients.calls import Entrance, call, key_of
from tests.processes import HOUSE, Dojo, wait_for

CLIENTS = HOUSE / ".build" / "clients"
ENVIRONMENT = "development"


@dataclass(frozen=True)
class Api(Entrance):
    """Where to send, with which keys, and what has come of it in the table."""

    def key(self, kind: str, *options: str) -> str:
        return key_of(self.dojo, ENVIRONMENT, kind, *options)

    def stored(self, user_id: str) -> list[dict[str, Any]]:
        """The records of a user that are in the table, read without Dojo."""
        rows: list[dict[str, Any]] = tables_at_work.read(self._folder, where=ds.field("user_id") == user_id).to_pylist()
        return rows

    def wait_for(self, user_id: str, count: int) -> list[dict[str, Any]]:
        """The records of a user once there are so many; fails where there are more."""
        wait_for(
            lambda: self._count(user_id) >= count, seconds=60, because=lambda: f"{self._count(user_id)} are there."
        )
        rows = self.stored(user_id)
        assert len(rows) == count
        return rows

    def wait_until_gone(self, user_id: str) -> None:
        """Return once nothing of a user is in the table."""
        wait_for(lambda: self._count(user_id) == 0, seconds=60, because=lambda: f"{self._count(user_id)} are there.")

    def holds_nothing_of(self, user_id: str) -> bool:
        """Whether nothing of a user came in: a record sent after it, with the same key, has come in alone."""
        after = f"after-{user_id}"
        assert self.post([{"type": "like", "user_id": after}])[0] == 200
        self.wait_for(after, 1)
        return self._count(user_id) == 0

    def post(self, records: Iterable[Any], options: str = "", **headers: str) -> tuple[int, dict[str, Any]]:
        """Send records without any client: status and answer."""
        return call(f"{self.host}/v1/interactions?api_key={self.secret}{options}", {"data": list(records)}, **headers)

    def _count(self, user_id: str) -> int:
        return len(self.stored(user_id))

    @property
    def _folder(self) -> str:
        return str(self.dojo.data_dir / "lake" / ENVIRONMENT)


@pytest.fixture(scope="session")
def api(dojo: Dojo) -> Api:
    """The API of a running Dojo, with a key of each kind."""
    return Api(dojo, key_of(dojo, ENVIRONMENT, "secret"), key_of(dojo, ENVIRONMENT, "publishable"))


@pytest.fixture(scope="session")
def clients() -> Path:
    """The folder that the clients are installed in."""
    if not (CLIENTS / "done").exists():
        pytest.skip("The clients are not installed: make test does it.")
    return CLIENTS


@pytest.fixture(scope="session")
def python_client(api: Api, clients: Path) -> Callable[..., dict[str, Any]]:
    """Make a call with miso-sdk: its method's name and arguments in, status and answer out."""

    def make(call: str, *, raises: bool = True, key: str = api.secret, **arguments: Any) -> dict[str, Any]:
        order = {"call": call, "raises": raises, "key": key, "host": api.host, "arguments": arguments}
        done = subprocess.run(
            [clients / "venv" / "bin" / "python", Path(__file__).with_name("python_client.py")],
            input=json.dumps(order), capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return make
