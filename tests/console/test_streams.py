"""Streams on the Connections page: adding one, what is shown of it, and how it's paused and removed."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from interactions.ingest.connections.read import Arrived, Count, Outcome, Unstored
from interactions.ingest.connections.tally import tally
from interactions.ingest.streams import change
from interactions.ingest.streams.change import Description
from interactions.models import Connection, Environment, Stream, StreamPosition
from tests import cast
from tests.pages import HTMX, text_of

pytestmark = pytest.mark.django_db

LIST = "/production/connections/"
KAFKA = "/production/connections/new/kafka/"
KINESIS = "/production/connections/new/kinesis/"
ASKED = {"servers": "one:9092, two:9092", "topics": "shop  app", "group": "dojo", "start": "earliest"}


@pytest.fixture
def connection() -> Connection:
    here = Environment.objects.get(slug="production")
    return change.create(here, Description("kafka", ("shop",), servers="one:9092"), name="Shop")


def page_of(name: str, connection: Connection) -> str:
    return reverse(name, args=["production", connection.pk])


def test_topics_of_kafka_are_added(client: Client, owner: User) -> None:
    assert KAFKA in text_of(client, "/production/connections/new/")
    page = client.post(KAFKA, {**ASKED, "source": "segment"}, follow=True).content.decode()
    connection = Connection.objects.get()
    assert (connection.stream.servers, connection.stream.topics) == ("one:9092,two:9092", ["shop", "app"])
    assert (connection.source, connection.name, connection.created_by) == ("segment", "Kafka shop, app", owner)
    assert connection.stream.is_kept
    assert "shop, app" in page and "starts within seconds" in page
    assert "Kafka shop, app" in text_of(client, LIST)


def test_a_stream_of_kinesis_is_added(client: Client, owner: User) -> None:
    client.post(KINESIS, {"stream": "shop", "region": "eu-central-1", "group": "dojo", "start": "latest"})
    found = Stream.objects.get()
    assert (found.kind, found.topics, found.region, found.start) == ("kinesis", ["shop"], "eu-central-1", "latest")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"servers": "one"}, "Enter the servers as HOST:PORT"),
        ({"topics": "a/b"}, "is not a name that Kafka allows"),
        ({"group": ""}, "This field is required"),
        ({"start": "never"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_read_is_refused_on_the_page(
    client: Client, owner: User, changed: dict[str, str], reason: str
) -> None:
    assert reason in client.post(KAFKA, {**ASKED, **changed}).content.decode()
    assert not Connection.objects.exists()


def test_the_same_stream_twice_is_refused(client: Client, owner: User) -> None:
    client.post(KAFKA, ASKED)
    assert "already reads this with the group dojo" in client.post(KAFKA, ASKED).content.decode()
    assert Connection.objects.count() == 1


def test_where_servers_are_set_no_others_can_be_named(client: Client, owner: User, settings: Any) -> None:
    """The log-in of the settings would be given to whoever is named."""
    settings.KAFKA_SERVERS = "one:9092,two:9092"
    assert "one:9092,two:9092" in text_of(client, KAFKA)
    assert "(KAFKA_SERVERS)" in client.post(KAFKA, {**ASKED, "servers": "evil:9092"}).content.decode()
    assert not Connection.objects.exists()
    client.post(KAFKA, ASKED)
    assert Connection.objects.exists()


def test_lag_position_and_errors_are_shown(client: Client, owner: User, connection: Connection) -> None:
    Stream.objects.update(
        cluster="c", problem="No broker of one:9092 answers.", last_problem="The topic went.",
        last_problem_at=timezone.now(),
    )  # fmt: skip
    for number, behind in enumerate((1200, 34)):
        StreamPosition.objects.create(
            environment=connection.environment, kind="kafka", group="dojo", cluster="c", topic="shop",
            partition=str(number), position="77", behind=behind,
        )  # fmt: skip
    for page in (text_of(client, page_of("connection", connection)),
                 text_of(client, page_of("connection", connection), **HTMX)):  # fmt: skip
        assert "1,234 messages" in page
        assert "No broker of one:9092 answers." in page and "The topic went." in page
        assert "2 partitions" in page
    assert "Rotate" not in text_of(client, page_of("connection", connection))


def test_refused_messages_are_shown_with_their_place(client: Client, owner: User, connection: Connection) -> None:
    unstored = [
        Unstored("like", Outcome.REFUSED, "It's broken.", b"{", f"Topic shop, partition 0, offset {offset}")
        for offset in range(8)
    ]
    tally(connection.pk, timezone.now(), Arrived(counts={"like": Count(refused=8)}, unstored=unstored))
    page = text_of(client, page_of("connection", connection))
    assert [offset for offset in range(8) if f"Topic shop, partition 0, offset {offset}" in page] == list(range(8))


def test_it_is_paused_resumed_and_removed(client: Client, owner: User, connection: Connection) -> None:
    page = client.post(page_of("connection_pause", connection), {"paused": "1"}, follow=True).content.decode()
    assert "It isn&#x27;t read until you resume it." in page
    client.post(page_of("connection_pause", connection), {"paused": "0"})
    connection.refresh_from_db()
    assert not connection.is_paused
    assert "it continues where it stopped" in text_of(client, page_of("connection_remove", connection))
    client.post(page_of("connection_remove", connection))
    assert not Stream.objects.exists()


def test_a_stream_has_no_address_and_no_secret(client: Client, owner: User, connection: Connection) -> None:
    for name in ("connection_rotate", "connection_secret"):
        assert client.get(page_of(name, connection)).status_code == 404


@pytest.mark.parametrize("who", [cast.viewer, cast.analyst, cast.privacy_admin])
def test_only_owners_add_streams(client: Client, who: Any) -> None:
    client.force_login(who())
    assert client.get(KAFKA).status_code == client.post(KAFKA, ASKED).status_code == 403
    assert not Connection.objects.exists()


def test_no_other_kind_can_be_added(client: Client, owner: User) -> None:
    assert client.get("/production/connections/new/rabbit/").status_code == 404
