"""Ids of erased people that came as names: of events, of unknown fields, of columns and values of tables."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from interactions import privacy
from interactions.connectors.table import Mapping, Skip
from interactions.ingest.connections import change
from interactions.ingest.connections.read import Arrived, Count
from interactions.ingest.connections.tally import tally
from interactions.ingest.connections.types import keep_types, kept_types
from interactions.ingest.imports import tables
from interactions.models import (
    Block,
    Environment,
    EventCount,
    Import,
    ImportedEvents,
    Problem,
    SkippedEvents,
    SourceMapping,
)
from interactions.privacy import refused, said_names
from tests.ingest.imports.house import House
from tests.pages import made

ANN = "ann.smith@shop.example"


@pytest.fixture
def here() -> Environment:
    return Environment.objects.get(slug="production")


@pytest.fixture
def block() -> Block:
    return Block.objects.create(of=made(Import.State.DONE, connector="segment"), number=0, start=0, end=1)


def erased(house: House, here: Environment, *ids: str) -> int:
    """Erase people from names; how often they were there before. Nothing is found afterwards."""
    house.ask(privacy.request, here, list(ids))
    stones = refused(here.pk)
    found = said_names.count(here, stones).total()
    said_names.erase(here, stones)
    assert not said_names.count(here, stones)
    return found


@pytest.mark.parametrize(
    "name", [ANN, f"Signed up {ANN}", f"page: {ANN}", f"customer: {ANN}", f"context.{ANN}", f"{ANN}.city"]
)
def test_a_name_that_is_or_has_an_id_is_found_wherever_it_stands(
    house: House, here: Environment, block: Block, name: str
) -> None:
    SkippedEvents.objects.create(block=block, name=name, reason="It has no interaction type.", count=5)
    ImportedEvents.objects.create(block=block, name=name, interactions=3)
    Problem.objects.create(block=block, path=name, rule="There is no such field.", count=2, index=0, offset=0)
    Block.objects.filter(pk=block.pk).update(ignored_fields={name: 4, "colour": 1, "search.colour": 2})
    assert erased(house, here, ANN) == 4
    assert (SkippedEvents.objects.get().name, SkippedEvents.objects.get().count) == ("(erased)", 5)
    assert ImportedEvents.objects.get().name == "(erased)"
    assert Problem.objects.get().path == "(erased)"
    block.refresh_from_db()
    assert block.ignored_fields == {"(erased)": 4, "colour": 1, "search.colour": 2}


def test_events_that_are_called_by_ids_are_counted_under_one_name(house: House, here: Environment) -> None:
    connection = change.create(here, "segment").connection
    counts = {"u-71": Count(interactions=2), "u-72": Count(skipped=3), "Signed Up": Count(skipped=1)}
    tally(connection.pk, timezone.now(), Arrived(counts=counts))
    keep_types(here, "segment", {"u-71": "like", "Signed Up": "subscribe"})
    assert erased(house, here, "u-71", "u-72") == 3
    found = {each.name: (each.interactions, each.skipped) for each in EventCount.objects.all()}
    assert found == {"(erased)": (2, 3), "Signed Up": (0, 1)}
    assert kept_types(here.pk, "segment") == {"Signed Up": "subscribe"}


@pytest.mark.parametrize("name", ["Search", "Product Viewed", "Level 7", "Step 12 done"])
def test_the_words_of_tools_and_small_numbers_are_no_ids(
    house: House, here: Environment, block: Block, name: str
) -> None:
    SkippedEvents.objects.create(block=block, name=name, reason="It has no interaction type.", count=5)
    assert erased(house, here, "Search", "Product Viewed", "7", "12") == 0
    assert SkippedEvents.objects.get().name == name


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({"types": {ANN: None, "view": "like"}}, {"types": {"view": "like"}}),
        ({"skip": (Skip("who", (ANN, "bot")),)}, {"skip": (Skip("who", ("bot",)),)}),
        ({"fields": {"user_id": ANN}}, None),
    ],
)
def test_a_mapping_forgets_values_and_goes_where_its_columns_name_them(
    house: House, here: Environment, said: dict[str, Any], left: dict[str, Any] | None
) -> None:
    mapping = Mapping(**{"constants": {"type": "like"}, **said})
    tables.keep(here, "Shop", mapping)
    imp = made(Import.State.DONE, mapping=tables.json_of(mapping))
    assert erased(house, here, ANN) == 2
    imp.refresh_from_db()
    if left is None:
        assert not SourceMapping.objects.exists() and tables.mapping_of(imp.mapping) == Mapping()
    else:
        expected = Mapping(**{"constants": {"type": "like"}, **left})
        assert [tables.mapping_of(text) for text in (SourceMapping.objects.get().mapping, imp.mapping)] == [
            expected
        ] * 2


def test_what_an_import_was_told_of_their_events_is_forgotten(house: House, here: Environment) -> None:
    imp = made(Import.State.DONE, connector="segment", event_types={"u-71": "like", "Signed Up": None})
    assert erased(house, here, "u-71") == 1
    imp.refresh_from_db()
    assert imp.event_types == {"Signed Up": None}
