"""The Connections page: adding one, what arrives, and pausing, rotating and removing it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from interactions.connectors import SOURCES
from interactions.console.connections.guides import GUIDES
from interactions.ingest.connections import change, find, seal
from interactions.ingest.connections.read import Arrived, Count, Outcome, Unstored
from interactions.ingest.connections.tally import tally
from interactions.models import Connection, Environment, RequestedLetter
from tests import cast
from tests.pages import HTMX, text_of

pytestmark = pytest.mark.django_db

LIST = "/production/connections/"
NEW = "/production/connections/new/"


@pytest.fixture(autouse=True)
def redis(redis_server: str) -> str:
    """Which remembers the forms that were sent."""
    return redis_server


@pytest.fixture
def connection() -> Connection:
    return change.create(Environment.objects.get(slug="production"), "segment", name="Site").connection


def page_of(name: str, connection: Connection) -> str:
    return reverse(name, args=["production", connection.pk])


def once(client: Client, address: str) -> str:
    found = re.search(r'name="once" value="(\w+)"', text_of(client, address))
    assert found
    return found[1]


def shown(page: str, name: str) -> str:
    found = re.search(rf'id="{name}-text"[^>]*>([^<]+)<', page)
    assert found, page
    return found[1]


def add(client: Client, **values: str) -> str:
    form = {"once": once(client, NEW), "source": "segment", "name": "Site", **values}
    return client.post(NEW, form).content.decode()


def test_every_source_that_can_send_has_a_guide_and_no_other() -> None:
    assert set(change.SENDERS) == set(GUIDES) <= set(SOURCES)


def test_an_environment_without_connections_says_what_they_are(client: Client, owner: User) -> None:
    page = text_of(client, LIST)
    assert "Production has no connections yet" in page
    assert NEW in page


def test_adding_one_shows_its_address_and_secret_once_with_the_steps(client: Client, owner: User) -> None:
    page = add(client)
    connection = Connection.objects.get()
    source, token = shown(page, "address").rsplit("/", 2)[1:]
    assert find.find(source, token) == connection
    assert shown(page, "secret") == seal.opened(connection.secret)
    assert "Paste the address as the webhook URL." in page
    assert connection.created_by == owner
    for address in (LIST, page_of("connection", connection)):
        again = text_of(client, address)
        assert token not in again
        assert seal.opened(connection.secret) not in again


def test_a_form_that_is_sent_twice_adds_one(client: Client, owner: User) -> None:
    form = {"once": once(client, NEW), "source": "segment"}
    client.post(NEW, form)
    assert "already exists" in client.post(NEW, form, follow=True).content.decode()
    assert Connection.objects.get().name == "Segment or RudderStack"


def test_the_secret_of_shopify_is_asked_for_and_none_is_made_up(client: Client, owner: User) -> None:
    page = add(client, source="shopify")
    assert "secret-text" not in page
    assert "Shopify signs with its own key" in page
    connection = Connection.objects.get()
    address = page_of("connection_secret", connection)
    client.post(address, {"once": once(client, address), "secret": " of the shop "})
    connection.refresh_from_db()
    assert seal.opened(connection.secret) == "of the shop"


def test_what_arrived_is_counted_by_name_and_shown_as_it_came(
    client: Client, owner: User, connection: Connection
) -> None:
    event = json.dumps({"event": "<Signed Up>", "userId": "ann"}).encode()
    arrived = Arrived(
        counts={"Product Viewed": Count(interactions=1234), "<Signed Up>": Count(skipped=1)},
        unstored=[Unstored("<Signed Up>", Outcome.SKIPPED, "It has no interaction type.", event)],
    )
    tally(connection.pk, timezone.now(), arrived)
    page = text_of(client, page_of("connection", connection))
    assert "1,234" in page
    assert "&lt;Signed Up&gt;" in page and "<Signed Up>" not in page
    assert "&quot;userId&quot;: &quot;ann&quot;" in page
    assert "1,234" in text_of(client, LIST)


def test_arrivals_are_a_fragment_that_asks_for_itself(client: Client, owner: User, connection: Connection) -> None:
    part = text_of(client, page_of("connection", connection), **HTMX)
    assert part.lstrip().startswith('<div id="arrivals"')
    assert "Nothing has arrived yet" in part


def test_it_is_paused_and_resumed(client: Client, owner: User, connection: Connection) -> None:
    page = client.post(page_of("connection_pause", connection), {"paused": "1"}, follow=True).content.decode()
    assert "This connection is paused." in page
    client.post(page_of("connection_pause", connection), {"paused": "0"})
    connection.refresh_from_db()
    assert not connection.is_paused


def test_rotating_shows_another_address(client: Client, owner: User, connection: Connection) -> None:
    address = page_of("connection_rotate", connection)
    old = connection.digest
    page = client.post(address, {"once": once(client, address), "grace": "3600"}).content.decode()
    connection.refresh_from_db()
    assert find.digest_of(shown(page, "address").rsplit("/", 1)[1]) == connection.digest != old
    assert connection.former_digest == old
    assert "The old address works until" in page


def test_removing_asks_first(client: Client, owner: User, connection: Connection) -> None:
    address = page_of("connection_remove", connection)
    assert "You can't undo this" in text_of(client, address)
    assert Connection.objects.exists()
    assert "was removed" in client.post(address, follow=True).content.decode()
    assert not Connection.objects.exists()


@pytest.mark.parametrize("who", [cast.viewer, cast.analyst, cast.privacy_admin])
def test_only_owners_see_connections(client: Client, connection: Connection, who: Any) -> None:
    client.force_login(who())
    assert client.get(LIST).status_code == 403
    assert client.get(page_of("connection", connection)).status_code == 403
    assert LIST not in text_of(client, "/production/")


def test_one_of_another_environment_is_not_there(client: Client, owner: User, connection: Connection) -> None:
    assert client.get(f"/development/connections/{connection.pk}/").status_code == 404


def test_a_requested_letter_is_listed_until_it_is_made(client: Client, settings: Any, tmp_path: Any) -> None:
    settings.LAKE_DIR = tmp_path / "lake"
    client.force_login(cast.privacy_admin())
    here = Environment.objects.get(slug="production")
    RequestedLetter.objects.create(environment=here, user_id="77", asked_by="Shopify orders: Shop")
    address = reverse("access_letter", args=["production"])
    assert "Requested letters" in text_of(client, address)
    answer = client.post(address, {"user_id": "77", "may_be_empty": "1"})
    letter = json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    assert letter["user_id"] == "77"
    assert not RequestedLetter.objects.exists()
    assert "Requested letters" not in text_of(client, address)
