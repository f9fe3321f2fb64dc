"""Erased people in other tools' events: in files that wait, in rejects, and in what is loaded later."""

from __future__ import annotations

import gzip

import pytest

from interactions import privacy
from interactions.ingest import imports
from interactions.ingest.imports import tables
from interactions.models import Environment, Import
from interactions.privacy import refusals, refused, uploaded
from tests.connectors.test_mixpanel import event
from tests.connectors.test_shopify import ORDER
from tests.ingest.imports.files import as_lines
from tests.ingest.imports.house import House, rejected, rows

ANN = event("Signed Up", distinct_id="ann", **{"$user_id": "ann", "$device_id": "d-ann", "$insert_id": "1"})
BOB = event("Search", query="mug", **{"$user_id": "bob", "$device_id": "d-bob", "$insert_id": "2"})
BAD = event("Order Completed", revenue="much", **{"$user_id": "ann", "$device_id": "d-ann", "$insert_id": "3"})


@pytest.mark.parametrize(
    ("content", "user"),
    [
        (as_lines([BOB, ANN]), "ann"),
        (gzip.compress(as_lines([BOB, ANN])), "ann"),
        (as_lines([BOB]) + b'{"event": "Search", "properties": {"distinct_id": "ann", "ti', "ann"),
        (as_lines([ORDER]), "7001"),
    ],
)
def test_a_file_that_waits_and_names_them_is_found(house: House, content: bytes, user: str) -> None:
    imp = house.given(content)
    here = Environment.objects.get(slug="production")
    house.ask(privacy.request, here, [user])
    stones = refused(here.pk)
    assert uploaded.count(here, stones)
    uploaded.erase(here, stones)
    imp.refresh_from_db()
    assert imp.state == Import.State.CANCELLED


def test_a_file_that_names_others_stays(house: House) -> None:
    imp = house.given(as_lines([BOB]))
    here = Environment.objects.get(slug="production")
    house.ask(privacy.request, here, ["ann"])
    assert not uploaded.count(here, refused(here.pk))
    imp.refresh_from_db()
    assert imp.state == Import.State.CHECKING


def test_their_rows_of_a_table_are_kept_nowhere(house: House) -> None:
    good = b"2026-04-03 10:00:00;eve;view\n2026-04-04 10:00:00;eve;view\n"
    content = b"when;kunde;event\nnever;ann;view\nnever;bob;view\n" + good
    imp = house.given(content, name="shop.csv")
    mapping = tables.in_zone(tables.table.suggested(tables.sample(imp)), "UTC")
    house.ask(imports.start, imp, check_duplicates=True, mapping=tables.json_of(mapping))
    imp = house.carried(imp)
    assert [line["kunde"] for line in rejected(imp)] == ["ann", "bob"]
    here = Environment.objects.get(slug="production")
    house.ask(privacy.request, here, ["ann"])
    assert refusals.count(here, refused(here.pk)).total() == 1
    refusals.erase(here, refused(here.pk))
    assert [line["kunde"] for line in rejected(imp)] == ["bob"]


def test_their_rejects_are_kept_nowhere(house: House) -> None:
    imp = house.done(as_lines([BOB, BAD]))
    assert (imp.accepted, imp.rejected) == (1, 1)
    here = Environment.objects.get(slug="production")
    house.ask(privacy.request, here, ["ann"])
    assert refusals.count(here, refused(here.pk))
    refusals.erase(here, refused(here.pk))
    assert imports.rejected_path(imp) is None


def test_whoever_was_erased_before_is_left_out(house: House) -> None:
    here = Environment.objects.get(slug="production")
    imp = house.given(as_lines([BOB, BAD, event("Search", **{"$user_id": "ann", "$insert_id": "4"})]))
    house.ask(privacy.request, here, ["ann"])
    with house.at_work():
        imports.start(imp, check_duplicates=True)
    house.carried(imp)
    assert [row["user_id"] for row in rows()] == ["bob"]
    assert imports.rejected_path(imp) is None
