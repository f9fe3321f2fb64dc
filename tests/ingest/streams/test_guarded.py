"""A topic of a broker that asks for TLS and a log-in: the settings reach the client, and what's wrong is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interactions.models import Environment, Stream
from tests.ingest.streams.brokers import Cluster, like
from tests.ingest.streams.guarded import Authority, Gate
from tests.ingest.streams.house import consume, kafka_stream, reading, users
from tests.processes import wait_for

USER, PASSWORD = "dojo", "correct horse"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def gate(kafka: Cluster, authority: Authority) -> Iterator[Gate]:
    gate = Gate(kafka.servers, authority, USER, PASSWORD)
    yield gate
    gate.end()


def client(authority: Authority, **more: str) -> dict[str, str]:
    return {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": USER,
        "sasl.password": PASSWORD,
        "ssl.ca.location": str(authority.certificate),
        **more,
    }


def test_the_settings_of_the_environment_open_it(
    kafka: Cluster, topic: str, gate: Gate, authority: Authority, production: Environment
) -> None:
    kafka.send(topic, [like(f"{number}") for number in range(20)])
    process = consume(
        "kafka", "--servers", gate.servers, "--topic", topic, "--idle", "1",
        KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        KAFKA_SASL_MECHANISM="PLAIN",
        KAFKA_SASL_USERNAME=USER,
        KAFKA_SASL_PASSWORD=PASSWORD,
        KAFKA_SSL_CA=str(authority.certificate),
    )  # fmt: skip
    said, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert len(users()) == 20
    assert PASSWORD not in said + errors


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"sasl.password": "wrong"}, "refuses the log-in. Check the settings KAFKA_SASL_"),
        ({"ssl.ca.location": ""}, "No secure connection to"),
        ({"security.protocol": "PLAINTEXT"}, "No broker of"),
    ],
)
def test_what_does_not_open_it_is_said(
    topic: str, gate: Gate, authority: Authority, production: Environment, settings: Any, wrong: dict[str, str],
    sentence: str,
) -> None:  # fmt: skip
    chosen = {name: value for name, value in client(authority, **wrong).items() if value}
    if chosen["security.protocol"] == "PLAINTEXT":
        chosen = {"security.protocol": "PLAINTEXT"}
    settings.KAFKA_CLIENT = chosen
    connection = kafka_stream(production, gate.servers, topic)
    with reading(connection):
        wait_for(lambda: sentence in Stream.objects.get(connection=connection).problem, seconds=90)
    assert not users()
