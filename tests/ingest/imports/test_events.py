"""Files of other tools' events: recognised, loaded as interactions, with what is skipped and refused kept apart."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from interactions.errors import ImportStateError
from interactions.ingest import imports
from interactions.ingest.connections.names import names_seen
from interactions.ingest.connections.types import keep_types
from interactions.ingest.imports import storage
from interactions.models import Environment, Import
from tests.connectors.test_any_json import EXAMPLES
from tests.connectors.test_mixpanel import event
from tests.connectors.test_segment import track

from .files import as_lines, as_list, records
from .house import House, rejected, rows

State = Import.State

NAMES = ("Search", "Order Completed", "Signed Up")


def searches(count: int, **said: Any) -> list[dict[str, Any]]:
    return [event("Search", query="mug", **said, **{"$insert_id": f"i{number}"}) for number in range(count)]


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "dojo"])
@pytest.mark.parametrize("form", [as_lines, as_list])
def test_every_source_is_recognised_and_loaded(house: House, name: str, form: Any) -> None:
    imp = house.done(form(EXAMPLES[name]))
    assert (imp.connector, imp.state) == (name, State.DONE), imp.error
    assert imp.accepted + imp.duplicates + imp.skipped == imp.records
    assert imp.accepted and not imp.rejected
    assert len(rows()) == imp.accepted


def test_skipped_events_are_counted_by_name_apart_from_rejects(house: House) -> None:
    imp = house.done(as_lines([*searches(3), event("$mp_web_page_view"), event("Signed Up"), event("Signed Up")]))
    assert (imp.state, imp.records, imp.accepted, imp.rejected, imp.skipped) == (State.DONE, 6, 3, 0, 3)
    assert [(each.name, each.count) for each in imports.skipped(imp)] == [("Signed Up", 2), ("$mp_web_page_view", 1)]
    assert imports.progress(imp).skipped == 3


def test_interactions_are_counted_by_event_name(house: House) -> None:
    bad = event("Order Completed", revenue="a lot", **{"$insert_id": "bad"})
    house.done(as_lines([*searches(3), bad, event("Order Completed", revenue=5), event("Signed Up")]))
    seen = {each.name: each for each in names_seen(Environment.objects.get(slug="production"), "mixpanel")}
    assert [(seen[name].interactions, seen[name].refused, seen[name].skipped) for name in NAMES] == [
        (3, 0, 0),
        (1, 1, 0),
        (0, 0, 1),
    ]


def test_an_import_that_was_undone_made_no_interactions(house: House) -> None:
    imp = house.done(as_lines(searches(3)))
    house.ask(imports.undo, imp)
    house.carry()
    seen = {each.name: each for each in names_seen(Environment.objects.get(slug="production"), "mixpanel")}
    assert seen["Search"].interactions == 0


def test_the_same_file_again_adds_nothing(house: House) -> None:
    text = as_lines([*searches(3), event("Signed Up")])
    house.done(text)
    again = house.done(text)
    assert (again.state, again.accepted, again.duplicates, again.skipped) == (State.DONE, 0, 3, 1)


def test_rejects_keep_the_event_as_its_source_wrote_it_and_can_be_mended(house: House) -> None:
    bad = event("Order Completed", revenue="a lot", **{"$insert_id": "bad"})
    imp = house.done(as_lines([event("Signed Up"), *searches(2), bad]))
    assert (imp.state, imp.accepted, imp.rejected, imp.skipped) == (State.DONE_WITH_REJECTS, 2, 1, 1)
    (line,) = rejected(imp)
    note = line.pop("_dojo")
    assert line == bad
    assert note["record"] == 4
    assert note["problems"][0].startswith("data.3.revenue")
    path = imports.rejected_path(imp)
    assert path is not None
    mended = house.done(gzip.decompress(path.read_bytes()).replace(b'"a lot"', b"7.5"))
    assert (mended.connector, mended.state, mended.accepted) == ("mixpanel", State.DONE, 1)
    assert [row["revenue"] for row in rows() if row["type"] == "checkout"] == [7.5]


def test_damage_is_a_reject_and_comes_back_as_one(house: House) -> None:
    imp = house.done(as_lines(searches(2)) + b'{"event": "Search", "prop\n' + as_lines(searches(4)[2:]))
    assert (imp.accepted, imp.rejected) == (4, 1)
    path = imports.rejected_path(imp)
    assert path is not None
    again = house.done(gzip.decompress(path.read_bytes()) + as_lines(searches(5)[4:]))
    assert (again.connector, again.accepted, again.rejected, again.skipped) == ("mixpanel", 1, 1, 0)
    assert rejected(again)[0]["_dojo"]["text"] == rejected(imp)[0]["_dojo"]["text"]


@pytest.mark.parametrize("form", [as_lines, as_list])
def test_a_large_file_is_read_in_blocks_with_the_same_result(house: House, settings: Any, form: Any) -> None:
    settings.IMPORT_BLOCK_BYTES = 20_000
    made = [*searches(300), event("Signed Up"), *searches(600)[300:], event("Rate", **{"$insert_id": "x"})]
    imp = house.done(form(made))
    assert (imp.state, imp.records, imp.accepted, imp.skipped) == (State.DONE, 602, 600, 2)
    assert imp.blocks.count() > 3


def test_one_event_of_several_records_counts_each(house: House) -> None:
    listed = track("Product List Viewed", category="Mugs", products=[{"product_id": "m"}])
    imp = house.done(json.dumps([listed]).encode())
    assert (imp.records, imp.accepted) == (2, 2)


def test_a_file_of_nothing_but_skipped_events_has_failed_with_a_sentence(house: House) -> None:
    imp = house.done(as_lines([event("Signed Up")] * 3))
    assert imp.state == State.FAILED
    assert imp.error == "None of the file's events is an interaction: all were skipped."


def test_times_are_read_by_the_zone_that_is_given(house: House) -> None:
    imp = house.given(as_lines(searches(1)))
    with house.at_work():
        imports.start(imp, check_duplicates=True, zone="Europe/Berlin")
    house.carried(imp)
    assert [row["timestamp"] for row in rows()] == [datetime(2026, 11, 2, 9, tzinfo=UTC)]


def test_an_unknown_zone_is_refused_and_nothing_starts(house: House) -> None:
    imp = house.given(as_lines(searches(1)))
    with pytest.raises(ImportStateError, match="There is no time zone called Mars/Base"):
        imports.start(imp, check_duplicates=True, zone="Mars/Base")
    imp.refresh_from_db()
    assert imp.state == State.CHECKING


def test_records_of_our_own_have_no_connector(house: House) -> None:
    imp = house.done(as_lines(records(5)))
    assert (imp.connector, imp.skipped) == ("", 0)


def test_a_source_that_is_given_is_not_guessed(house: House) -> None:
    text = as_lines([{"event": "Search", "properties": {"distinct_id": "ann", "time": 1_793_613_600}}])
    environment = Environment.objects.get(slug="production")
    imp = imports.begin(environment, file_name="x", size=len(text), user=None, connector="mixpanel")
    with house.at_work():
        storage.whole_upload(imp).write_bytes(text)
        imports.received(imp)
    assert (imp.connector, imp.state) == ("mixpanel", State.CHECKING), imp.error


def test_the_first_look_says_what_comes_of_the_events(house: House) -> None:
    bad = event("Order Completed", revenue="a lot")
    imp = house.given(as_lines([*searches(3), event("Signed Up"), bad]))
    found = imports.inspect(imp)
    assert found.events is not None
    assert (found.events.title, found.events.count, found.events.is_all) == ("Mixpanel", 5, True)
    assert found.events.asks_zone
    assert [(each.name, each.count, list(each.types), each.skipped) for each in found.events.names] == [
        ("Search", 3, ["search"], 0),
        ("Order Completed", 1, ["checkout"], 0),
        ("Signed Up", 1, [], 1),
    ]
    assert (found.sample_records, found.sample_rejected) == (4, 1)
    assert json.loads(found.first[0].text)["type"] == "search"
    assert [problem.path for problem in found.problems] == ["revenue"]


def test_event_names_become_what_was_chosen_for_the_environment(house: House) -> None:
    chosen = {"Signed Up": "subscribe", "Search": None, "Wishlist": "custom"}
    keep_types(Environment.objects.get(slug="production"), "mixpanel", chosen)
    imp = house.done(as_lines([*searches(2), event("Signed Up"), event("Wishlist", **{"$insert_id": "w"})]))
    assert (imp.accepted, imp.skipped) == (2, 2)
    assert sorted((row["type"], row["custom_action_name"]) for row in rows()) == [
        ("custom", "Wishlist"),
        ("subscribe", None),
    ]
    assert [(each.name, each.reason) for each in imports.skipped(imp)] == [("Search", "It is mapped to no type.")]


def test_an_import_that_loads_keeps_to_what_was_chosen_when_it_began(house: House) -> None:
    production = Environment.objects.get(slug="production")
    keep_types(production, "mixpanel", {"Signed Up": "subscribe"})
    imp = house.started(as_lines([event("Signed Up")]))
    keep_types(production, "mixpanel", {"Signed Up": None})
    house.carried(imp)
    assert [row["type"] for row in rows()] == ["subscribe"]
