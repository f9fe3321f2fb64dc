"""The suggestions of the filter bar, as the page asks for them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from interactions.contract.tombstones import Person
from tests import cast
from tests.lakes import append, record

ADDRESS = "/production/interactions/filter-values.json"


@pytest.fixture(autouse=True)
def here(settings: Any, tmp_path: Any, db: None, client: Client) -> None:
    settings.LAKE_DIR, settings.SCRATCH_DIR, settings.INDEX_DIR = (tmp_path / name for name in ("lake", "s", "index"))
    append(
        [
            record("search", "2024-01-01T10:00:00Z", keywords="dome tent", region="Kent"),
            record("search", "2024-01-01T11:00:00Z", keywords="Tent peg", region="Kent"),
            record("search", "2024-03-01T10:00:00Z", keywords="dome tent", region="Wien"),
            record("click", "2024-03-01T10:00:00Z", page_url="https://shop.example/a?x=1", product_ids=["p1", "p1"]),
        ]
    )
    client.force_login(cast.viewer())


def values(client: Client, query: str) -> list[tuple[str, str, int]]:
    found = client.get(f"{ADDRESS}?{query}").json()
    assert found["note"] == ""
    return [(each["value"], each["words"], each["records"]) for each in found["values"]]


def test_values_come_with_their_counts_within_filter_and_period(client: Client) -> None:
    assert values(client, "of=keywords") == [("dome tent", "dome tent", 2), ("Tent peg", "Tent peg", 1)]
    assert values(client, "of=keywords&text=PEG") == [("Tent peg", "Tent peg", 1)]
    assert values(client, "of=keywords&region=Kent&text=dome") == [("dome tent", "dome tent", 1)]
    assert values(client, "of=keywords&period=7d") == [("dome tent", "dome tent", 1)]
    assert values(client, "of=product&any1.region=Kent&any1.product=p1") == [("p1", "p1", 1)]


def test_pages_are_suggested_without_their_query_and_choices_in_words(client: Client) -> None:
    for name in ("page", "page_url"):
        assert values(client, f"of={name}") == [("https://shop.example/a",) * 2 + (1,)]
    assert values(client, "of=device") == [("unknown", "Unknown", 4)]
    assert values(client, "of=type&type=click") == [("search", "search", 3), ("click", "click", 1)]
    assert values(client, "of=group")[0] == ("core", "Core click-streams", 3)


@pytest.mark.parametrize("name", ["", "user", "miso_id", "colour", "custom.nothing", "custom.", "import", "assisted"])
def test_whatever_else_is_asked_for_has_none(client: Client, name: str) -> None:
    assert values(client, f"of={name}&text=u") == []


def test_a_key_that_is_not_indexed_yet_says_so(client: Client) -> None:
    append([record(extra='{"context":{"custom_context":{"plan":"gold"}}}')])
    first = client.get(f"{ADDRESS}?of=custom.plan").json()
    assert first["values"] == [] and "Dojo is indexing custom_context.plan" in first["note"]
    assert values(client, "of=custom.plan") == [("gold", "gold", 1)]


def test_a_filter_by_person_wants_the_right_to_see_people(client: Client) -> None:
    asked = f"{ADDRESS}?of=region&user={Person(user_key=1).address}"
    assert client.get(asked).status_code == 403
    client.force_login(cast.owner())
    assert client.get(asked).json()["values"] == []


def test_campaigns_referrers_and_result_types_have_suggestions(client: Client) -> None:
    append(
        [
            record("feedback", result_type="answer", page_referrer="https://Search.example/?q=tent"),
            record(
                "click", campaign_term="tents", campaign_content="banner", page_referrer="http://search.example:80/"
            ),
        ]
    )
    assert values(client, "of=referrer") == [("search.example", "search.example", 2)]
    assert values(client, "of=term") == [("tents", "tents", 1)] and values(client, "of=term&text=x") == []
    assert values(client, "of=content&referrer=SEARCH.example") == [("banner", "banner", 1)]
    assert values(client, "of=result_type&any1.type=feedback&any1.region=Kent") == [("answer", "answer", 1)]
