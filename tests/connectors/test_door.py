"""Files and bodies of known sources: recognised, read in chunks, and traced back."""

from __future__ import annotations

import doctest
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from interactions import connectors, unpack
from interactions.connectors import SOURCES, recognised, records
from tests.connectors.read import read
from tests.connectors.test_mixpanel import event
from tests.connectors.test_segment import track

MIXPANEL = [event("Search", query="mug", **{"$insert_id": f"i{number}"}) for number in range(5)]
FORMS = {
    "lines": lambda events: b"".join(json.dumps(each).encode() + b"\n" for each in events),
    "lines without the last break": lambda events: b"\n".join(json.dumps(each).encode() for each in events),
    "list": lambda events: json.dumps(events).encode(),
    "list of lines": lambda events: b"[" + b",\n".join(json.dumps(each).encode() for each in events) + b"]\n",
    "pretty": lambda events: b"".join(json.dumps(each, indent=2).encode() for each in events),
    "data": lambda events: json.dumps({"data": events}).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_any_form_of_json_is_read_alike(form: str) -> None:
    chunks = read("mixpanel", FORMS[form](MIXPANEL))
    as_lines = read("mixpanel", MIXPANEL)
    assert b"".join(chunk.lines for chunk in chunks) == b"".join(chunk.lines for chunk in as_lines)
    assert sum(chunk.size for chunk in chunks) == len(FORMS[form](MIXPANEL))
    assert sum(chunk.events for chunk in chunks) == 5


@pytest.mark.parametrize("form", FORMS)
def test_a_record_leads_back_to_the_event_that_it_stands_for(form: str) -> None:
    text = FORMS[form]([track("Newsletter Opened"), *MIXPANEL])
    origins = [chunk.origin(each) for chunk in read("mixpanel", text) for each in range(chunk.records)]
    assert [json.loads(origin.text) for origin in origins] == MIXPANEL
    assert [origin.index for origin in origins] == [1, 2, 3, 4, 5]
    assert all(text[origin.offset :].startswith(origin.text) for origin in origins)


def test_an_event_in_a_batch_is_traced_alone() -> None:
    calls = [track("Product Viewed", str(number), product_id="m") for number in range(3)]
    (chunk,) = read("segment", json.dumps({"batch": calls}).encode())
    assert [json.loads(chunk.origin(number).text) for number in range(3)] == calls


def test_damage_costs_its_own_event_alone() -> None:
    lines = FORMS["lines"](MIXPANEL).split(b"\n")
    text = b"\n".join([*lines[:2], b"7", b'{"event": "Search", "prop', *lines[2:]])
    chunks = read("mixpanel", text)
    assert sum(chunk.records for chunk in chunks) == 5
    rejected = [each for chunk in chunks for each in chunk.rejected]
    assert [each.index for each in rejected] == [2, 3]
    assert [text[each.offset :].startswith(each.text) for each in rejected] == [True, True]
    assert all(each.violations for each in rejected)


def test_what_is_no_object_in_a_batch_is_rejected() -> None:
    (chunk,) = read("segment", json.dumps({"batch": [5, track("Product Viewed"), None]}).encode())
    assert (chunk.records, len(chunk.rejected), chunk.events) == (1, 2, 3)


@pytest.mark.parametrize("nested", [{}, {"event": "x"}, {"products": [{"event": "y"}, {"event": "z"}]}])
def test_a_large_list_is_read_in_chunks_whatever_stands_in_its_events(nested: dict[str, Any]) -> None:
    listed = [event("Search", query="m" * 900, **nested) for _ in range(2500)]
    text = FORMS["list"]([*listed, 7])
    chunks = read("mixpanel", text)
    assert sum(chunk.records for chunk in chunks) == 2500
    assert sum(chunk.size for chunk in chunks) == len(text)
    assert max(chunk.size for chunk in chunks) <= 2 << 20
    origins = [chunk.origin(each) for chunk in chunks for each in (0, chunk.records - 1) if chunk.records]
    assert all(text[origin.offset :].startswith(origin.text) for origin in origins)
    assert [each.text for chunk in chunks for each in chunk.rejected] == [b"7"]


def test_a_large_file_comes_in_small_chunks() -> None:
    line = json.dumps(event("Search", query="m" * 1000)).encode() + b"\n"
    sizes = [chunk.size for chunk in records(SOURCES["mixpanel"], io.BytesIO(line * 4000))]
    assert sum(sizes) == 4000 * len(line)
    assert max(sizes) <= 2 << 20


def test_a_packed_file_is_read_as_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "export.json.gz"
    path.write_bytes(gzip.compress(FORMS["lines"](MIXPANEL)))
    with unpack.open_text(path) as file:
        chunks = list(records(SOURCES["mixpanel"], io.BytesIO(file.read())))
    assert sum(chunk.records for chunk in chunks) == 5


def test_a_source_is_recognised_by_its_events_alone() -> None:
    found = recognised(FORMS["lines"](MIXPANEL), "events.csv")
    assert found is not None
    assert (found.source.NAME, found.events, found.names, found.asks) == ("mixpanel", 5, {"Search": 5}, ("zone",))
    found = recognised(json.dumps([track("Product Viewed"), track("Newsletter Opened")]).encode())
    assert found is not None
    assert (found.source.NAME, found.asks) == ("segment", ())
    found = recognised(b'{"type":"like","user_id":"ann"}')
    assert found is not None
    assert found.source.NAME == "dojo"


@pytest.mark.parametrize("text", [b"", b"{", b"type,user_id\nlike,ann\n", b'{"name": "ann"}', b"[1, 2]", b"\xff\x00"])
def test_what_is_of_no_source_is_not_recognised(text: bytes) -> None:
    assert recognised(text) is None


def test_a_beginning_that_breaks_off_is_enough() -> None:
    text = FORMS["lines"](MIXPANEL)
    found = recognised(text[: len(text) // 2], is_whole=False)
    assert found is not None
    assert found.source.NAME == "mixpanel"
    assert found.events in (2, 3)


def test_the_examples_in_the_door_are_true() -> None:
    found = doctest.testmod(connectors)
    assert found.attempted and not found.failed
