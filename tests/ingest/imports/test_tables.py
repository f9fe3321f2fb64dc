"""A mapped table goes the way of every file, and each of its rows is counted once."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from interactions.errors import ImportStateError
from interactions.ingest import imports
from interactions.ingest.imports import storage, tables
from interactions.models import Import
from tests.connectors.table.opened import workbook
from tests.ingest.imports.house import House, rejected, rows

pytestmark = pytest.mark.django_db

SHOP = (
    b"when;event;customer no;items;order total\n"
    b"03.04.2026 10:00;Viewed item;ann;mug-7;\n"
    b"04.04.2026 10:00;Purchase;bob;mug-7|mug-8;12,50\n"
    b"04.04.2026 11:00;heartbeat;bob;;\n"
    b"04.04.2026 12:00;Viewed item\n"
    b"some day;Viewed item;eve;mug-9;\n"
)


def carried(house: House, content: bytes, name: str = "shop.csv", **changes: Any) -> Import:
    """A table that is imported by the mapping that is suggested for it."""
    return house.carried(begun(house, content, name, **changes))


def begun(house: House, content: bytes, name: str = "shop.csv", **changes: Any) -> Import:
    imp = house.given(content, name=name)
    assert imp.state == Import.State.CHECKING, imp.error
    mapping = tables.in_zone(tables.table.suggested(tables.sample(imp)), "Europe/Berlin")
    house.ask(imports.start, imp, check_duplicates=True, mapping=tables.json_of(mapping), **changes)
    return imp


def test_a_table_is_in_the_data_set_with_each_row_counted(house: House) -> None:
    imp = carried(house, SHOP)
    assert (imp.state, imp.error) == (Import.State.DONE_WITH_REJECTS, "")
    assert (imp.records, imp.accepted, imp.rejected, imp.skipped) == (5, 2, 2, 1)
    found = rows()
    assert [(row["user_id"], row["type"], row["timestamp"].isoformat()) for row in found] == [
        ("ann", "product_detail_page_view", "2026-04-03T08:00:00+00:00"),
        ("bob", "checkout", "2026-04-04T08:00:00+00:00"),
    ]
    assert (found[1]["product_ids"], found[1]["revenue"]) == (["mug-7", "mug-8"], 12.5)
    assert [(said.name, said.count) for said in imports.skipped(imp)] == [("heartbeat", 1)]
    assert {cause.rule.partition(",")[0] for cause in imports.causes(imp)} == {
        "The row has 2 values",
        "It must be a date and time with an offset",
    }
    ragged, mistimed = rejected(imp)
    assert (ragged["_dojo"]["row"], ragged["_dojo"]["text"]) == (5, "04.04.2026 12:00;Viewed item")
    note = mistimed.pop("_dojo")
    assert (note["row"], note["import"], note["user_id"]) == (6, imp.pk, "eve")
    assert {cause.rule.partition(",")[0]: cause.row for cause in imports.causes(imp)} == {
        "The row has 2 values": 5,
        "It must be a date and time with an offset": 6,
    }
    assert mistimed == {
        "when": "some day", "event": "Viewed item", "customer no": "eve", "items": "mug-9", "order total": None,
    }  # fmt: skip


def test_text_that_an_earlier_version_wrote_is_still_read(house: House) -> None:
    imp = begun(house, SHOP)
    house.carry("plan_import")
    text = storage.written_text_path(imp)
    assert isinstance(text, Path)
    with storage.text_path(imp).open("rb") as file:
        plain = file.read()
    assert text.read_bytes() != plain
    text.write_bytes(plain)
    house.carried(imp)
    assert (imp.records, imp.accepted, imp.rejected, imp.skipped) == (5, 2, 2, 1)


def mended(house: House, lines: list[Any], name: str = "rejected.jsonl") -> Import:
    """Rejects that were mended and dropped in again, loaded by the first mapping that is offered."""
    imp = house.given("".join(json.dumps(line) + "\n" for line in lines).encode(), name=name)
    assert (imp.state, imp.format) == (Import.State.CHECKING, "JSON"), imp.error
    mapping = tables.mapping_for(imp, "")
    house.ask(imports.start, imp, check_duplicates=True, mapping=tables.json_of(mapping))
    return house.carried(imp)


def test_rejected_rows_are_mended_and_loaded_by_the_mapping_that_refused_them(house: House) -> None:
    first = carried(house, SHOP)
    ragged, mistimed = rejected(first)
    again = mended(house, [ragged, mistimed])
    assert (again.state, again.rejected) == (Import.State.FAILED, 2)  # nothing was mended
    assert [line["_dojo"]["row"] for line in rejected(again)] == [1, 2]
    names = ("when", "event", "customer no", "items", "order total")
    ragged |= dict(zip(names, ("04.04.2026 12:00", "Viewed item", "ann", "mug-1", None), strict=True))
    last = mended(house, [ragged, rejected(again)[1] | {"when": "05.04.2026 09:00"}])
    assert (last.accepted, last.rejected) == (2, 0)
    assert [(row["user_id"], row["timestamp"].isoformat()) for row in rows()][1::2] == [
        ("ann", "2026-04-04T10:00:00+00:00"),
        ("eve", "2026-04-05T07:00:00+00:00"),
    ]


def test_a_rejected_order_keeps_all_of_its_rows(house: House) -> None:
    orders = (
        b"when,order id,customer,sku,total\n"
        b"2026-04-04 10:00:00,o1,ann,s1,10\n"
        b"never,o2,bob,s2,10\n"
        b"2026-04-04 10:00:00,o1,ann,s3,10\n"
        b"never,o2,bob,s4,30\n"
    )
    imp = carried(house, orders, name="orders.csv")
    assert (imp.accepted, imp.rejected) == (1, 1)
    lines = rejected(imp)
    assert [(line["_dojo"]["row"], line["sku"], line["_dojo"]["user_id"]) for line in lines] == [
        (3, "s2", "bob"),
        (5, "s4", "bob"),
    ]
    assert lines[1]["_dojo"]["problems"][0].endswith("is invalid. It belongs to the same order as row 3.")
    assert [cause.row for cause in imports.causes(imp)] == [3]
    again = mended(house, [line | {"when": "2026-04-05 10:00:00"} for line in lines])
    assert (again.accepted, again.rejected) == (1, 0)
    assert [(row["product_ids"], row["revenue"]) for row in rows()] == [(["s1", "s3"], 20), (["s2", "s4"], 40)]


def test_a_table_that_comes_again_adds_nothing(house: House) -> None:
    carried(house, SHOP)
    again = carried(house, SHOP)
    assert (again.accepted, again.duplicates, again.skipped) == (0, 2, 1)


def test_a_packed_table_is_read(house: House) -> None:
    imp = carried(house, gzip.compress(SHOP), name="shop.csv.gz")
    assert (imp.accepted, imp.skipped) == (2, 1)


def test_a_table_of_which_nothing_can_be_loaded_fails_with_a_sentence(house: House) -> None:
    imp = carried(house, b"event,customer\nping,a\npong,b\nping,c\nping,d\n")
    assert imp.state == Import.State.FAILED
    assert imp.error == "No row of the table stands for an interaction: 4 were skipped, and 0 can't be read."


def test_an_unmapped_table_does_not_start(house: House) -> None:
    imp = house.given(SHOP, name="shop.csv")
    with pytest.raises(ImportStateError, match="Map the columns"):
        imports.start(imp, check_duplicates=True)


@pytest.mark.parametrize(
    ("name", "content", "row"),
    [
        ("titled.csv", b"Report of May,,\n,,\nwhen,event,user\n2026-04-03 10:00:00,view,ann\nnever,view,bob\n", 5),
        (
            "rows.json",
            b'[{"when":"2026-04-03 10:00:00","event":"view","user":"ann"},{"when":"never","event":"view"}]',
            2,
        ),
        (
            "shop.xlsx",
            workbook([[], ["when", "event", "user"], ["2026-04-03 10:00:00", "view", "ann"], [], ["never", "view"]]),
            5,
        ),
    ],
)
def test_a_problem_names_the_row_as_people_count_in_the_file(house: House, name: str, content: bytes, row: int) -> None:
    imp = carried(house, content, name=name)
    assert (imp.accepted, imp.rejected) == (1, 1), imp.error
    assert [cause.row for cause in imports.causes(imp)] == [row]
    assert [line["_dojo"]["row"] for line in rejected(imp)] == [row]


def test_a_table_with_the_names_of_our_fields_needs_no_mapping(house: House) -> None:
    lines = (
        b"type,user_id,product_ids,timestamp\n"
        b'add_to_cart,cust-1,"tea-1,tea-2",2026-11-03T10:01:00Z\n'
        b"product_detail_page_view,cust-1,tea-1,2026-11-03T10:00:00Z\n"
    )
    imp = house.given(lines, name="own.csv")
    house.ask(imports.start, imp, check_duplicates=True, mapping=tables.json_of(tables.mapping_for(imp, "")))
    assert house.carried(imp).accepted == 2
    assert [row["product_ids"] for row in rows()] == [["tea-1"], ["tea-1", "tea-2"]]


@pytest.mark.parametrize("form", ["[%s]", '{"events": [%s]}', "%s"])
def test_json_of_another_form_is_loaded_by_the_mapping_with_a_name(house: House, form: str) -> None:
    events = [
        {"what": what, "who": {"id": who}, "item": {"sku": "P1"}, "at": "2026-11-03T10:01:00Z"}
        for what, who in (("seen", "ann"), ("bought", "ann"), ("seen", "bob"))
    ]
    content = form % ("\n" if form == "%s" else ",").join(map(json.dumps, events))
    imp = house.given(content.encode(), name="events.json")
    given = tables.in_zone(tables.table.suggested(tables.sample(imp)), "UTC")
    chosen = {"type": "what", "user_id": "who.id", "product_ids": "item.sku", "timestamp": "at"}
    types = {"seen": "product_detail_page_view", "bought": "checkout"}
    tables.keep(imp.environment, "Events", msgspec.structs.replace(given, fields=chosen, types=types))
    mapping = tables.json_of(tables.mapping_for(imp, "Events"))
    house.ask(imports.start, imp, check_duplicates=True, mapping=mapping)
    assert house.carried(imp).accepted == 3
    assert sorted((row["type"], row["user_id"]) for row in rows()) == [
        ("checkout", "ann"), ("product_detail_page_view", "ann"), ("product_detail_page_view", "bob"),
    ]  # fmt: skip


@pytest.mark.parametrize("other", [b",colour", b",revenue,when"])
def test_a_table_with_another_column_is_to_be_mapped(house: House, other: bytes) -> None:
    line = b"like,ann,2026-11-03T10:01:00Z" + b",x" * other.count(b",")
    imp = house.given(b"type,user_id,timestamp" + other + b"\n" + (line + b"\n") * 3, name="own.csv")
    with pytest.raises(ImportStateError, match="no kept mapping fits"):
        tables.mapping_for(imp, "")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (workbook([]), "The file has no records."),
        (
            gzip.compress(b"PAR1" + bytes(100), mtime=0),
            "The file has a Parquet file in it: import that by itself, as it's",
        ),
        (b"7z\xbc\xaf\x27\x1c" + bytes(100), "The file is a 7z archive: unpack it first, or pack it as .zip."),
    ],
)
def test_what_is_no_table_gets_its_own_sentence(house: House, content: bytes, sentence: str) -> None:
    imp = house.given(content)
    assert imp.state == Import.State.FAILED
    assert imp.error.startswith(sentence)
