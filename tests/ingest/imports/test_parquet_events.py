"""Parquet files of other tools' events are read as their JSON is: recognised, counted by name, rejected as events."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from interactions.ingest import imports
from interactions.ingest.imports import storage, tables
from interactions.models import Import
from interactions.privacy import uploaded
from tests.connectors import test_ga4 as ga4
from tests.connectors import test_posthog as posthog

from .files import as_lines
from .house import House, rejected, rows

State = Import.State


def parquet(listed: list[dict[str, Any]], schema: pa.Schema | None = None) -> bytes:
    packed = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(listed, schema), packed, compression="zstd")
    return packed.getvalue()


def viewed(number: int, **more: Any) -> dict[str, Any]:
    """A row of GA4's export, with integers as BigQuery writes them to Parquet."""
    item = ga4.MUG | {"quantity": 2}
    return ga4.event("view_item", items=[item]) | {"event_timestamp": 1_793_613_601_000_000 + number} | more


def kept(environment: str = "production") -> list[Any]:
    """What is in the data set, but for what depends on the import."""
    return [
        {name: value for name, value in row.items() if name not in ("import_id", "fingerprint", "received_at")}
        for row in rows(environment)
    ]


def test_ga4_in_parquet_gives_what_its_json_gives(house: House) -> None:
    events = [*(viewed(number) for number in range(3)), ga4.event("user_engagement"), ga4.event("user_engagement")]
    imp = house.done(parquet([{**each, "event_timestamp": int(each["event_timestamp"])} for each in events]))
    assert (imp.connector, imp.compression, imp.state) == ("ga4", "Parquet", State.DONE), imp.error
    assert (imp.records, imp.accepted, imp.skipped) == (5, 3, 2)
    assert house.done(as_lines(events), environment="playground").accepted == 3
    assert kept() == kept("playground")
    assert house.done(as_lines(events)).duplicates == 3


def test_posthog_in_parquet_has_its_properties_as_json_text(house: House) -> None:
    event = posthog.event("Product Viewed", product_id="mug-7")
    zoned = datetime(2026, 11, 2, 10, 0, 0, 962_000, UTC)
    row = event | {"properties": json.dumps(event["properties"]), "timestamp": zoned, "person_properties": "{}"}
    imp = house.done(parquet([row]))
    assert (imp.connector, imp.accepted) == ("posthog", 1), imp.error
    (stored,) = rows()
    assert (stored["timestamp"], stored["product_ids"]) == (zoned, ["mug-7"])


def test_the_first_look_names_its_events(house: House) -> None:
    imp = house.given(parquet([viewed(1), viewed(2)]))
    found = imports.inspect(imp)
    assert found.events is not None
    assert (found.events.title, found.events.count, found.compression) == ("Google Analytics 4", 2, "Parquet")


def test_a_number_that_json_does_not_have_costs_nothing(house: House) -> None:
    page = {"key": "page_location", "value": {"string_value": "https://shop.example/p", "double_value": None}}
    odd = {"key": "score", "value": {"string_value": None, "double_value": float("nan")}}
    imp = house.done(parquet([viewed(1, event_params=[page, odd])]))
    assert (imp.accepted, imp.rejected) == (1, 0)


def test_a_rejected_row_comes_back_as_an_event_that_can_be_mended(house: House) -> None:
    bought = ga4.event("purchase", items=[], ecommerce={"purchase_revenue": 1e30}) | {"event_timestamp": 1}
    imp = house.done(parquet([viewed(1) | {"ecommerce": None}, bought]))
    assert (imp.accepted, imp.rejected) == (1, 1)
    (line,) = rejected(imp)
    line["ecommerce"]["purchase_revenue"] = 5
    mended = house.done(as_lines([line]))
    assert (mended.connector, mended.accepted) == ("ga4", 1)


def test_other_parquet_files_are_tables_as_before(house: House) -> None:
    imp = house.given(parquet([{"event": "view", "who": "ann"}, {"event": "view", "who": "bob"}]))
    assert (imp.connector, imp.format, imp.state) == ("", "Parquet", State.CHECKING)
    assert tables.sample(imp).columns == ["event", "who"]


def test_events_of_a_source_can_be_mapped_by_hand_all_the_same(house: House) -> None:
    imp = house.given(parquet([viewed(1), viewed(2)]))
    assert "event_name" in tables.sample(imp).columns


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (parquet([], pa.schema([("event", pa.string())])), "The file has a header but no rows."),
        (
            parquet([viewed(1)])[:-9],
            "The Parquet file can't be read: it is damaged, cut short, or of an unknown version.",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(house: House, content: bytes, sentence: str) -> None:
    imp = house.given(content)
    assert (imp.state, imp.error) == (State.FAILED, sentence)


def test_a_waiting_file_is_searched_for_erased_people(house: House) -> None:
    imp = house.given(parquet([viewed(1, user_id="ann")]))
    assert b'"user_id":"ann"' in b"".join(uploaded.readable(storage.upload_path(imp)))
