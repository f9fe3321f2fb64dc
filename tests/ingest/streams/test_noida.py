"""Topics of a Kafka of another make than the client: read once, also by those that are killed and started again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from interactions.models import Environment, KeptEvent, StreamPosition
from tests.ingest.streams.brokers import BROKEN, MESSAGES, Noida, messages
from tests.ingest.streams.house import consume, users
from tests.processes import wait_for


@pytest.fixture
def noida(tmp_path: Path) -> Iterator[Noida]:
    broker = Noida(tmp_path / "noida")
    yield broker
    broker.end()


@pytest.mark.slow
def test_each_message_is_stored_once_although_its_reader_is_killed(noida: Noida, production: Environment) -> None:
    noida.create("shop")
    noida.send("shop", messages())
    asked = ("kafka", "--servers", noida.servers, "--topic", "shop")
    killed = consume(*asked)
    try:
        wait_for(lambda: users(), seconds=60, pause=0.001)
    finally:
        killed.kill()
        killed.communicate()
    StreamPosition.objects.update(until=None)  # rather than wait until its leases run out
    last = consume(*asked, "--idle", "2")
    _, said = last.communicate(timeout=60)
    assert last.returncode == 0, said
    found = users()
    assert len(found) == sum(found.values()) == MESSAGES - len(BROKEN)
    assert KeptEvent.objects.filter(outcome="refused").count() == len(BROKEN)
