"""A running Dojo with an environment for shops and sites, and what came of what they sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests import tables_at_work
from tests.clients.calls import Entrance, key_of
from tests.integrations.wordpress import WordPress, missing
from tests.processes import Dojo, add_environment, wait_for

ENVIRONMENT = "sites"


@dataclass(frozen=True)
class Sites(Entrance):
    """Where to send, with which keys, and what is in the table."""

    def key(self, *origins: str) -> str:
        """Another publishable key, which works from these origins alone."""
        options = [each for origin in origins for each in ("--origin", origin)]
        return key_of(self.dojo, ENVIRONMENT, "publishable", *options)

    def names(self, key: str = "") -> dict[str, str]:
        """What stands in the code of the API page."""
        return {"host": self.host, "publishable_key": key or self.publishable}

    def rows(self) -> list[dict[str, Any]]:
        """All rows of the table, read without Dojo; each with its uuid."""
        rows: list[dict[str, Any]] = tables_at_work.read(self.dojo.data_dir / "lake" / ENVIRONMENT).to_pylist()
        return [row | {"uuid": _custom(row).get("uuid", ""), "custom": _custom(row)} for row in rows]

    def of_visitor(self, visitor: str) -> list[dict[str, Any]]:
        return [row for row in self.rows() if row["anonymous_id"] == visitor]

    def with_uuid(self, uuid: str) -> list[dict[str, Any]]:
        return [row for row in self.rows() if row["uuid"] == uuid]

    def wait_for_visitor(self, visitor: str, count: int) -> list[dict[str, Any]]:
        """The rows of a visitor once there are so many, by time received; fails where there are more."""
        wait_for(lambda: len(self.of_visitor(visitor)) >= count, because=lambda: str(self.of_visitor(visitor)))
        rows = self.of_visitor(visitor)
        assert len(rows) == count, rows
        return sorted(rows, key=lambda row: row["received_at"])

    def wait_for_uuid(self, uuid: str) -> dict[str, Any]:
        """The one row with this uuid."""
        wait_for(lambda: self.with_uuid(uuid), because=lambda: f"Nothing with {uuid}.")
        (row,) = self.with_uuid(uuid)
        return row


def _custom(row: dict[str, Any]) -> dict[str, Any]:
    extra = json.loads(row["extra"] or "{}")
    found: dict[str, Any] = extra.get("custom_context") or extra.get("context", {}).get("custom_context") or {}
    return found


@pytest.fixture(scope="session")
def sites(dojo: Dojo) -> Sites:
    add_environment(dojo, ENVIRONMENT)
    return Sites(dojo, key_of(dojo, ENVIRONMENT, "secret"), key_of(dojo, ENVIRONMENT, "publishable"))


class Shop:
    """A site of another origin than Dojo's. ``pages`` has what is at each path; elsewhere is a page without scripts."""

    plain = "<!doctype html><title>Mugs</title><h1>Mugs</h1>"

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                kind = "text/javascript" if self.path.endswith(".js") else "text/html"
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.end_headers()
                self.wfile.write(shop.pages.get(self.path, shop.plain).encode())

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture(scope="session")
def wordpress_site() -> Iterator[WordPress]:
    if reason := missing():
        pytest.skip(reason)
    site = WordPress()
    site.start()
    try:
        yield site
    finally:
        site.stop()
