"""What tests of streams share: a stream, somebody who reads it, and what has come of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connections

from interactions.ingest.streams import change
from interactions.ingest.streams.change import Description
from interactions.ingest.streams.consumer import Consumer
from interactions.models import Connection, Environment, InboxEntry
from interactions.models.packed import unpack
from tests import postgres
from tests.processes import HOUSE, environ


def kafka_stream(environment: Environment, servers: str, *topics: str, source: str = "", **more: Any) -> Connection:
    return change.create(environment, Description("kafka", topics, servers=servers, **more), source=source)


@contextmanager
def reading(connection: Connection, **more: Any) -> Iterator[Consumer]:
    """Read a stream in a thread of its own while the block runs."""
    stopped = threading.Event()
    consumer = Consumer(connection, stopped, **more)

    def run() -> None:
        try:
            consumer.run()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield consumer
    finally:
        stopped.set()
        thread.join(30)
        assert not thread.is_alive()


def stored() -> list[dict[str, Any]]:
    """All records in the inbox, in order."""
    texts = InboxEntry.objects.order_by("pk").values_list("text", flat=True)
    return [record for text in texts for record in json.loads(b"[" + unpack(text) + b"]")]


def users() -> Counter[str]:
    return Counter(record["user_id"] for record in stored())


def consume(*arguments: str, **more: str) -> subprocess.Popen[str]:
    """The command in a process of its own, on the tests' database."""
    database = connections["default"].settings_dict["NAME"]
    url = postgres.url(database) if postgres.is_chosen() else f"sqlite:///{database}"
    env = environ(settings.DATA_DIR, DATABASE_URL=url, **more)
    env |= {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return subprocess.Popen(
        [sys.executable, "manage.py", "consume", *arguments],
        cwd=HOUSE, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
