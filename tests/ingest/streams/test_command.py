"""``manage.py consume``: what can't be read is said in a sentence, what may come back is waited for."""

from __future__ import annotations

import io
import json
import sys
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command

from interactions.models import ActivityEntry, Connection, Environment
from tests.ingest.streams.brokers import Cluster, like
from tests.ingest.streams.house import users
from tests.processes import free_port


def run(*arguments: str) -> dict[str, int]:
    """What the command says on its last line."""
    out = io.StringIO()
    with patch("signal.signal"):
        call_command("consume", *arguments, stdout=out, stderr=io.StringIO())
    counts: dict[str, int] = json.loads(out.getvalue().splitlines()[-1])
    return counts


def test_it_reads_until_nothing_comes_and_goes_on_the_next_time(
    kafka: Cluster, topic: str, production: Environment
) -> None:
    asked = ("kafka", "--servers", kafka.servers, "--topic", topic, "--idle", "1")
    kafka.send(topic, [*(like(f"{number}") for number in range(20)), b"broken"])
    assert run(*asked) == {"interactions": 20, "skipped": 0, "refused": 1}
    assert run(*asked) == {"interactions": 0, "skipped": 0, "refused": 0}
    assert len(users()) == 20
    connection = Connection.objects.get()  # one for both starts, which the page shows
    assert (connection.stream.is_kept, connection.kept_events.count()) == (False, 1)
    assert ActivityEntry.objects.get(action="connection_created").actor == "consume"


def test_another_group_reads_everything_again(kafka: Cluster, topic: str, production: Environment) -> None:
    asked = ("kafka", "--servers", kafka.servers, "--topic", topic, "--idle", "1")
    kafka.send(topic, [like(f"{number}") for number in range(8)])
    assert run(*asked)["interactions"] == run(*asked, "--group", "again")["interactions"] == 8


def test_a_topic_that_does_not_exist_ends_it(kafka: Cluster, production: Environment) -> None:
    with pytest.raises(CommandError, match='The topic "nowhere" doesn\'t exist on'):
        run("kafka", "--servers", kafka.servers, "--topic", "nowhere")
    assert not Connection.objects.exists()


def test_a_broker_that_stays_away_is_said_in_the_end(production: Environment) -> None:
    servers = f"127.0.0.1:{free_port()}"
    with pytest.raises(CommandError, match=f"No broker of {servers} answers"):
        run("kafka", "--servers", servers, "--topic", "shop", "--idle", "1")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("kafka", "--servers", "here", "--topic", "shop"), "Enter the servers as HOST:PORT"),
        (("kafka", "--servers", "here:9092", "--topic", "no such"), "is not a name that Kafka allows"),
        (("kafka", "--servers", "here:9092", "--topic", "shop", "--environment", "nowhere"), "There is no environment"),
        (("kinesis", "--stream", "shop", "--region", "Mars!"), "Enter a region such as"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    production: Environment, arguments: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        run(*arguments)


@pytest.mark.parametrize(
    ("arguments", "module", "package"),
    [
        (("kafka", "--servers", "here:9092", "--topic", "shop"), "confluent_kafka", "confluent-kafka"),
        (("kinesis", "--stream", "shop"), "boto3", "boto3"),
    ],
)
def test_without_its_package_a_sentence_says_how_to_get_it(
    production: Environment, arguments: tuple[str, ...], module: str, package: str
) -> None:
    with patch.dict(sys.modules, {module: None}), pytest.raises(CommandError) as refused:
        run(*arguments)
    assert str(refused.value).startswith(f"The package {package} isn't installed. Run make setup EXTRAS=streams")
