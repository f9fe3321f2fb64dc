"""The page of event types: names that came, what they become, and another choice."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from interactions.ingest.connections import change
from interactions.ingest.connections.names import names_seen
from interactions.ingest.connections.read import Arrived, Count, Outcome, Unstored
from interactions.ingest.connections.tally import OTHER_NAMES, tally
from interactions.ingest.connections.types import keep_types, kept_types
from interactions.models import Block, Environment, Import, SkippedEvents
from tests import cast
from tests.pages import made, text_of

pytestmark = pytest.mark.django_db
PAGE = "/production/connections/types/segment/"


@pytest.fixture
def production() -> Environment:
    return Environment.objects.get(slug="production")


@pytest.fixture
def seen(production: Environment) -> Environment:
    """Two connections of Segment have received events, and one of another tool."""
    counts = {
        "Product Viewed": Count(interactions=40),
        "Signed Up": Count(skipped=7),
        "page: Home": Count(interactions=3, skipped=2),
        OTHER_NAMES: Count(skipped=1),
    }
    examples = [Unstored("Signed Up", Outcome.SKIPPED, "It has no interaction type.", b'{"event": "Signed Up"}')]
    for source in ("segment", "segment", "posthog"):
        connection = change.create(production, source).connection
        tally(connection.pk, timezone.now(), Arrived(counts=counts, unstored=list(examples)))
    return production


def test_names_that_came_are_summed_with_those_that_have_no_type_first(seen: Environment) -> None:
    names = names_seen(seen, "segment")
    assert [(each.name, each.interactions, each.skipped) for each in names[:3]] == [
        ("Signed Up", 0, 14),
        ("Product Viewed", 80, 0),
        ("page: Home", 6, 4),
    ]
    assert names[0].example is not None and names[0].example.text == '{"event": "Signed Up"}'
    assert names[1].defaults == ("product_detail_page_view",)
    assert names[2].depends
    assert OTHER_NAMES not in [each.name for each in names]
    assert "Order Completed" in [each.name for each in names]  # which could come


def test_events_that_imports_skipped_are_counted_too(production: Environment) -> None:
    imp = made(Import.State.DONE, connector="segment")
    block = Block.objects.create(of=imp, number=0, start=0, end=1)
    SkippedEvents.objects.create(block=block, name="Logged In", reason="It has no interaction type.", count=5)
    (found,) = [each for each in names_seen(production, "segment") if each.name == "Logged In"]
    assert found.skipped == 5


def test_the_page_offers_each_name_and_keeps_what_is_chosen(client: Client, seen: Environment) -> None:
    client.force_login(cast.owner())
    page = text_of(client, PAGE)
    assert "depends on the event" in page and "product_detail_page_view" in page
    form = {"name": ["Signed%20Up", "Product%20Viewed", "page%3A%20Home"], "type": ["subscribe", "skip", "default"]}
    answer = client.post(PAGE, form, follow=True)
    assert "2 event types changed" in answer.content.decode()
    assert kept_types(seen.pk, "segment") == {"Signed Up": "subscribe", "Product Viewed": None}
    client.post(PAGE, {"name": ["Signed%20Up"], "type": ["default"]})
    assert kept_types(seen.pk, "segment") == {"Product Viewed": None}


def test_a_name_that_never_came_can_be_given_a_type(client: Client, production: Environment) -> None:
    client.force_login(cast.owner())
    client.post(PAGE, {"new_name": " Lesson Done ", "new_type": "complete"})
    assert kept_types(production.pk, "segment") == {"Lesson Done": "complete"}
    assert "Lesson Done" in text_of(client, PAGE)


@pytest.mark.parametrize("name", ["a\nb", "<b>&", 'say "hi"', "50%25", "Ø ", "a+b"])
def test_any_name_goes_through_the_form_as_it_is(client: Client, production: Environment, name: str) -> None:
    client.force_login(cast.owner())
    keep_types(production, "segment", {name: "like"})
    assert f'value="{quote(name, safe="")}"' in text_of(client, PAGE)
    client.post(PAGE, {"name": [quote(name, safe="")], "type": ["dislike"]})
    assert kept_types(production.pk, "segment") == {name: "dislike"}


def test_a_type_that_does_not_exist_is_refused(client: Client, production: Environment) -> None:
    client.force_login(cast.owner())
    answer = client.post(PAGE, {"name": ["a"], "type": ["nonsense"]}, follow=True)
    assert "There is no interaction type called" in answer.content.decode()
    assert kept_types(production.pk, "segment") == {}


@pytest.mark.parametrize("source", ["dojo", "fax"])
def test_a_source_without_types_has_no_page(client: Client, source: str) -> None:
    client.force_login(cast.owner())
    assert client.get(f"/production/connections/types/{source}/").status_code == 404


@pytest.mark.parametrize("who", [cast.viewer, cast.analyst, cast.privacy_admin])
def test_only_owners_see_it(client: Client, who: Any) -> None:
    client.force_login(who())
    assert client.get(PAGE).status_code == 403
