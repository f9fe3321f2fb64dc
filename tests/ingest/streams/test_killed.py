"""Consumers are killed while they read: what they have stored is there once, and others read on."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from interactions.models import Environment, KeptEvent, StreamPosition
from tests.ingest.streams.brokers import BROKEN, MESSAGES, Cluster, messages
from tests.ingest.streams.house import consume, users
from tests.processes import wait_for


def holders() -> Counter[str]:
    return Counter(StreamPosition.objects.exclude(holder="").values_list("holder", flat=True))


@pytest.mark.slow
def test_what_one_of_two_was_reading_when_it_was_killed_is_read_once(
    kafka: Cluster, topic: str, production: Environment
) -> None:
    sent = messages()
    asked = ("kafka", "--servers", kafka.servers, "--topic", topic)
    kafka.send(topic, sent[: MESSAGES // 2])
    first, second = consume(*asked), consume(*asked, "--idle", "4")
    try:
        wait_for(lambda: sorted(holders().values()) == [2, 2], seconds=60)  # they share the partitions
        # The first has the name with its number in it, as hosts and numbers of processes make one.
        assert any(f":{first.pid}:" in holder for holder in holders())
        first.kill()
        kafka.send(topic, sent[MESSAGES // 2 :])
        out, said = second.communicate(timeout=90)
    finally:
        for process in (first, second):
            process.kill()
            process.communicate()
    assert second.returncode == 0, said
    found = users()
    assert len(found) == sum(found.values()) == MESSAGES - len(BROKEN)
    assert KeptEvent.objects.filter(outcome="refused").count() == len(BROKEN)
    assert json.loads(out.splitlines()[-1])["interactions"] > MESSAGES // 4


@pytest.mark.slow
def test_one_that_is_killed_again_and_again_stores_each_message_once(
    kafka: Cluster, topic: str, production: Environment
) -> None:
    sent = messages()
    asked = ("kafka", "--servers", kafka.servers, "--topic", topic)
    for part in range(2):
        process = consume(*asked)
        try:
            kafka.send(topic, sent[part * MESSAGES // 2 : (part + 1) * MESSAGES // 2])
            before = sum(users().values())
            wait_for(lambda before=before: sum(users().values()) > before, seconds=60, pause=0.001)
        finally:
            process.kill()  # most likely amid a batch
            process.communicate()
        StreamPosition.objects.update(until=None)  # rather than wait until its leases run out
    last = consume(*asked, "--idle", "2")
    _, said = last.communicate(timeout=60)
    assert last.returncode == 0, said
    found = users()
    assert len(found) == sum(found.values()) == MESSAGES - len(BROKEN)
