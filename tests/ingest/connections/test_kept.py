"""Events and letters that connections keep are found by whoever is named in them, and erased with them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from interactions import identity, privacy
from interactions.contract.tombstones import Person, Tombstones
from interactions.ingest.connections import change, kept
from interactions.ingest.connections.tally import LONGEST_TEXT
from interactions.models import Connection, Environment, KeptEvent, RequestedLetter
from interactions.privacy import wishes
from interactions.privacy.stores import STORES
from interactions.tasks import run_retention

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Environment:
    return Environment.objects.get(slug="production")


@pytest.fixture
def connection(here: Environment) -> Connection:
    return change.create(here, "segment").connection


def keep(connection: Connection, text: str, **values: Any) -> KeptEvent:
    given = {"at": timezone.now(), "name": "Signed Up", "outcome": "skipped", "reason": "No type.", "size": len(text)}
    return KeptEvent.objects.create(connection=connection, text=text, **{**given, **values})


def stones(*user_ids: str, anonymous: str = "") -> Tombstones:
    """As of somebody who asked a second from now."""
    keyring, at = identity.keyring(), timezone.now() + timedelta(seconds=1)
    named: list[tuple[int | None, int | None, Any]] = [(keyring.key(each), None, at) for each in user_ids]
    return Tombstones.of([*named, *([(None, keyring.key(anonymous), at)] if anonymous else [])])


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"userId": "ann"}),
        json.dumps({"properties": {"list": [{"who": "ann"}]}}),
        json.dumps({"note": json.dumps({"userId": "ann"})}),
        json.dumps({"customer": {"admin_graphql_api_id": "gid://shopify/Customer/ann"}}),
        '{"userId": "ann", ',
        '{"userId": "\\u0061nn"}',
    ],
)
def test_an_event_is_of_whoever_is_named_in_it_wherever(connection: Connection, here: Environment, text: str) -> None:
    keep(connection, text)
    other = keep(connection, json.dumps({"userId": "bob"}))
    assert sum(kept.count(here, stones("ann")).values()) == 1
    kept.erase(here, stones("ann"))
    assert list(KeptEvent.objects.all()) == [other]
    assert not kept.count(here, stones("ann"))


def test_a_number_names_a_customer_and_a_visitor_is_found_by_theirs(connection: Connection, here: Environment) -> None:
    keep(connection, json.dumps({"customer": {"id": 77}}))
    keep(connection, json.dumps({"anonymousId": "a-1"}))
    assert sum(kept.count(here, stones("77", anonymous="a-1")).values()) == 2


def test_an_event_that_came_after_they_asked_stays(connection: Connection, here: Environment) -> None:
    keep(connection, json.dumps({"userId": "ann"}), at=timezone.now() + timedelta(hours=1))
    assert not kept.count(here, stones("ann"))


def test_an_event_that_was_cut_goes_with_anybody(connection: Connection, here: Environment) -> None:
    keep(connection, "x" * LONGEST_TEXT, size=LONGEST_TEXT + 1)
    assert kept.count(here, stones("ann")) == {Person(): 1}


def test_an_access_letter_lists_their_events(connection: Connection, here: Environment) -> None:
    event = {"userId": "ann", "event": "Signed Up"}
    keep(connection, json.dumps(event))
    keep(connection, json.dumps({"userId": "bob"}))
    keep(connection, '{"userId": "ann", ')
    assert [json.loads(each) for each in kept.texts(here, stones("ann"))] == ['{"userId": "ann", ', event]


def test_a_requested_letter_goes_with_the_person_who_is_erased(here: Environment) -> None:
    for user_id in ("ann", "bob"):
        RequestedLetter.objects.create(environment=here, user_id=user_id, asked_by="Shop")
    assert sum(wishes.count(here, stones("ann")).values()) == 1
    wishes.erase(here, stones("ann"))
    assert [letter.user_id for letter in RequestedLetter.objects.all()] == ["bob"]


def test_both_are_in_the_register_of_stores() -> None:
    held = {name for store in STORES for name in store.holds}
    assert {"interactions.KeptEvent", "interactions.RequestedLetter"} <= held


def test_a_carried_out_request_leaves_neither(connection: Connection, here: Environment) -> None:
    keep(connection, json.dumps({"userId": "ann"}))
    RequestedLetter.objects.create(environment=here, user_id="ann", asked_by="Shop")
    privacy.request(here, ["ann"])
    tombstones = privacy.refused(here.pk)
    for store in STORES:
        if store.name in ("events of connections", "letters to be made"):
            assert sum(store.count(here, tombstones).values()) == 1
            store.erase(here, tombstones, lambda *_: None)
            assert not store.count(here, tombstones)


def test_events_are_kept_for_thirty_days(connection: Connection) -> None:
    now = timezone.now()
    keep(connection, "{}", at=now - timedelta(days=30, minutes=1))
    newer = keep(connection, "{}", at=now - timedelta(days=29))
    run_retention()
    assert list(KeptEvent.objects.all()) == [newer]
