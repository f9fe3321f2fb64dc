"""Parquet, workbooks and any JSON come to the same rows as CSV."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import UTC, date, datetime
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from interactions.connectors import table
from interactions.connectors.table import Encrypted, NoTable, Reading
from interactions.contract.timestamps import instant
from interactions.errors import FileRefused
from tests.connectors.table.opened import file, mapped, questions, read, suggested, workbook


def parquet(folder, columns):
    packed = io.BytesIO()
    pq.write_table(pa.table(columns), packed)
    return file(folder, packed.getvalue())


def test_parquet_is_read_with_what_is_nested_in_it(tmp_path):
    path = parquet(
        tmp_path,
        {
            "event": pa.array(["view", "buy", "view"]).dictionary_encode(),
            "user": [{"id": 1, "name": "x"}, None, {"id": 3, "name": None}],
            "items": [[{"sku": "a", "q": 1}, {"sku": "b", "q": 2}], [{"sku": "c", "q": 3}], None],
            "tags": [["x", "y"], None, []],
            "deep": [[["a"]], None, None],
            "at": pa.array([datetime(2026, 4, 3, 10, 0, 0, 5, UTC)] * 3, pa.timestamp("us")),
            "total": [None, 12.5, None],
        },
    )
    opened = table.open_table(path)
    assert opened.columns == ["event", "user.id", "user.name", "items[].sku", "items[].q", "tags", "at", "total"]
    assert opened.left_out == (
        'The column "deep" has lists within lists, or keys with values, which no field of an interaction can hold. '
        "It is left out.",
    )
    fields = {**suggested(path).fields, "quantities": "items[].q"}
    found = read(path, mapped(path, fields=fields))
    assert [record.get("product_ids") for record in found.records] == [["a", "b"], ["c"], None]
    assert [record.get("quantities") for record in found.records] == [None, [3], None]
    assert [record.get("user_id") for record in found.records] == ["1", None, "3"]
    assert found.records[1]["revenue"] == 12.5
    assert found.records[0]["timestamp"].startswith("2026-04-03T10:00:00.000005")
    assert found.left_out == {"quantities": 1}


def test_unusual_columns_of_parquet_are_read_or_named(tmp_path):
    names = ["event", "event", "who", "none", "took", "known", "big"]
    columns = [
        pa.array(["view"] * 2),
        pa.array(["x"] * 2),
        pa.array([b"a", b"b"]),
        pa.nulls(2),
        pa.array([5, None], pa.duration("s")),
        pa.array([[("k", "v")], None], pa.map_(pa.string(), pa.string())),
        pa.array(["l", None], pa.large_string()),
    ]
    packed = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names), packed)
    path = file(tmp_path, packed.getvalue())
    opened = table.open_table(path)
    assert opened.columns == ["event", "event (2)", "who", "none", "took", "big"]
    assert [sentence.partition(" has lists")[0] for sentence in opened.left_out] == ['The column "known"']
    assert [record["user_id"] for record in read(path).records] == ["a", "b"]
    with pytest.raises(Encrypted, match="The Parquet file is encrypted"):
        table.open_table(file(tmp_path, b"PARE" + bytes(100)))


def test_uuids_of_parquet_are_texts_wherever_they_are(tmp_path):
    one = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
    of_people = pa.array([one.bytes, one.bytes], pa.uuid())
    columns = {
        "event": pa.array(["view"] * 2),
        "who": of_people,
        "user": pa.StructArray.from_arrays([of_people], ["id"]),
        "items": pa.ListArray.from_arrays([0, 1, 2], of_people),
    }
    packed = io.BytesIO()
    pq.write_table(pa.table(columns), packed)
    opened = table.open_table(file(tmp_path, packed.getvalue()))
    text = str(one)
    rows = next(iter(opened.batches())).table.to_pylist()
    assert rows == [{"event": "view", "who": text, "user.id": text, "items": [text]}] * 2
    assert {each for texts in opened.texts() for each in texts.to_pylist()} == {"view", text}


def test_times_of_parquet_say_their_zone_where_they_have_one(tmp_path):
    zoned = pa.array([datetime(2026, 4, 3, 8, tzinfo=UTC)] * 2, pa.timestamp("ms", "Europe/Berlin"))
    path = parquet(tmp_path, {"event": ["view", "view"], "at": zoned, "day": [date(2026, 4, 3)] * 2})
    sample = table.sample_of(table.open_table(path))
    assert table.questions(sample, table.suggested(sample)) == []
    assert instant(read(path).records[0]["timestamp"]) == datetime(2026, 4, 3, 8, tzinfo=UTC)


def test_slices_of_lists_keep_to_their_rows(tmp_path):
    many = [[f"p{row}-{place}" for place in range(row % 3)] for row in range(1_000)]
    path = parquet(tmp_path, {"event": ["view"] * 1_000, "who": [str(row) for row in range(1_000)], "products": many})
    assert [record.get("product_ids", []) for record in read(path).records] == many


def test_workbooks_are_read_with_numbers_as_they_are_shown(tmp_path):
    rows = [["Sales"], [None], ["when", "event", "customer", "sku", "total"]]
    rows += [["2026-04-03 10:00:00", "view", 17, "a", None], ["2026-04-03 10:01:00", "buy", 18.0, "a", 12.5]]
    found = read(file(tmp_path, workbook(rows)))
    assert [record["user_id"] for record in found.records] == ["17", "18"]
    assert found.records[1]["revenue"] == 12.5
    assert table.open_table(tmp_path / "table").reading.sheet == "Sales"
    with pytest.raises(NoTable, match='The workbook has no sheet "Other"'):
        table.open_table(tmp_path / "table", Reading(sheet="Other"))


def test_a_workbook_that_would_fill_memory_is_refused(tmp_path):
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    with pytest.raises(NoTable, match="1,048,576 rows and 16,384 columns: save it as CSV"):
        table.open_table(file(tmp_path, workbook([["when", "event"], ["2026-04-03", "view"]], far)))


LINES = (
    '{"event":"view","user":{"id":7},"items":[{"sku":"a"},{"sku":"b"}],"tags":["x"]}\n'
    '{"event":"buy","user":{"id":8},"items":[{"sku":"c"}],"note":null}\n'
)


@pytest.mark.parametrize(
    "text",
    [
        LINES,
        "[" + ",".join(LINES.splitlines()) + "]",
        json.dumps({"page": 1, "events": [json.loads(line) for line in LINES.splitlines()]}),
        json.dumps({"page": 1, "events": [json.loads(line) for line in LINES.splitlines()]}, indent=1),
    ],
)
def test_any_json_is_mapped_by_paths(tmp_path, text):
    path = file(tmp_path, text)
    assert set(table.open_table(path).columns) >= {"event", "user.id", "items[].sku", "tags"}
    found = read(path)
    assert [(record["user_id"], record["product_ids"]) for record in found.records] == [("7", ["a", "b"]), ("8", ["c"])]


EVENTS = [json.loads(line) for line in LINES.splitlines()]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"status": "ok", "result": {"data": EVENTS, "next": None}}),
        json.dumps({"took": 3, "response": {"found": 2, "docs": EVENTS}}, indent=1),
        "\n".join(json.dumps(each, indent=1) for each in EVENTS),
        json.dumps(EVENTS[0]) + "\n" + json.dumps(EVENTS[1:]) + "\n",
    ],
)
def test_rows_are_found_within_other_objects_and_in_any_layout(tmp_path, text):
    found = read(file(tmp_path, text))
    assert [record["user_id"] for record in found.records] == ["7", "8"]
    assert found.is_all_counted


def test_hits_of_a_search_engine_are_rows(tmp_path):
    hits = {"hits": {"total": {"value": 2}, "hits": [{"_id": "1", "_source": each} for each in EVENTS]}}
    assert "_source.user.id" in table.open_table(file(tmp_path, json.dumps(hits))).columns


@pytest.mark.parametrize("broken", ['{"text":"%s"', '["%s"]', '{"a":1}\n\n{"text":\n"%s"'])
def test_a_long_line_that_is_refused_is_kept_as_a_whole(tmp_path, broken):
    text = "long " * 2_000
    found = read(file(tmp_path, LINES + broken % text))
    assert text in "".join(each.text.decode() for each in found.rejected)


def test_an_event_alone_is_not_taken_for_the_items_in_its_cart(tmp_path):
    one = {"event": "buy", "user": {"id": 8}, "cart": {"items": [{"sku": "c"}, {"sku": "d"}]}}
    assert read(file(tmp_path, json.dumps(one))).records[0]["product_ids"] == ["c", "d"]


def test_broken_json_costs_its_own_line_alone(tmp_path):
    found = read(file(tmp_path, LINES + "{broken\n[1]\n" + LINES))
    assert len(found.records) == 4
    assert [(each.index, each.text, each.violations[0].rule) for each in found.rejected] == [
        (2, b"{broken", "It is not valid JSON."),
        (3, b"[1]", "It is not an object."),
    ]
    assert found.is_all_counted


def test_a_refused_row_can_be_mended_as_json_and_read_by_the_same_mapping(tmp_path):
    path = file(tmp_path, "event,who,when\nview,a,never\nview,b,2026-01-01\n")
    mapping = mapped(path)
    refused = table.rows_of(table.open_table(path), [0])[0]
    mended = file(tmp_path, b'{"_dojo":{"import":1},' + refused[1:].replace(b"never", b"2026-01-02") + b"\n", "mended")
    assert table.fits(mapping, table.open_table(mended).columns)
    assert read(mended, mapping).records == [
        {"type": "product_detail_page_view", "timestamp": "2026-01-02 00:00:00Z", "user_id": "a"}
    ]


def test_a_note_without_a_row_is_refused_with_the_text_that_it_is_of(tmp_path):
    path = file(tmp_path, '{"event":"view","who":"a"}\n{"_dojo":{"text":"view"}}\n{"event":"view","who":"b"}\n')
    found = read(path)
    assert [record["user_id"] for record in found.records] == ["a", "b"]
    assert [(each.index, each.text) for each in found.rejected] == [(1, b"view")]
    assert found.rejected[0].violations[0].rule.startswith("It is a note without a row")


@pytest.mark.parametrize("name", ["a.b", "items[].sku", "x[]", "_x", "a\tb"])
def test_columns_that_are_called_like_paths_are_read_by_their_names(tmp_path, name):
    line = json.dumps({"event": "view", "who": "a", name: "s1"})
    path = file(tmp_path, line + "\n" + line + "\n")
    column = table.open_table(path).columns[2]
    found = read(path, mapped(path, fields={"type": "event", "product_ids": column}))
    assert [record["product_ids"] for record in found.records] == [["s1"], ["s1"]]


def test_the_sheet_of_a_workbook_is_asked_and_read_as_answered(tmp_path):
    rows = [["event", "who"], ["view", "a"], ["view", "b"]]
    path = file(tmp_path, workbook(rows, Empty=[], Refunds=[["event", "who"], ["refund", "c"]]))
    asked = questions(path)[0]
    assert (asked.name, asked.answer, [value for value, _ in asked.choices]) == (
        "sheet", "Sales", ["Sales", "Empty", "Refunds"],
    )  # fmt: skip
    other = table.open_table(path, Reading(sheet="Refunds"))
    assert table.sample_of(other).sheets == ("Sales", "Empty", "Refunds")
    assert [record["user_id"] for record in read(path, mapped(path, reading=Reading(sheet="Refunds"))).records] == ["c"]
    with pytest.raises(FileRefused, match="The file has no records"):
        table.open_table(path, Reading(sheet="Empty"))
    assert questions(file(tmp_path, workbook(rows), "one")) == []


def test_tables_are_read_whatever_they_are_packed_in(tmp_path):
    text = "event,who\nview,a\nview,b\n"
    assert len(read(file(tmp_path, gzip.compress(text.encode()))).records) == 2
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", text)
        archive.writestr("b.csv", text)
    found = read(file(tmp_path, packed.getvalue()))
    assert len(found.records) == 4
    assert sum(found.skipped.values()) == 1  # the header of the second file


def zipped(folder, **members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.csv", text)
    return file(folder, packed.getvalue())


@pytest.mark.parametrize("second", ["event,total\nbuy,b\n", "event,who,total\nbuy,b,3\n", "Read me first.\n"])
def test_tables_with_other_columns_in_one_archive_are_told_apart(tmp_path, second):
    path = zipped(tmp_path, first="event,who\nview,a\nview,b\n", second=second)
    with pytest.raises(FileRefused, match=r"first\.csv and second\.csv in the archive don't have the same columns"):
        read(path)


def test_parts_of_one_table_in_an_archive_are_read_as_one(tmp_path):
    mark = "\ufeff"
    header = read(zipped(tmp_path, a=f"{mark}event,who\nview,a1\n", b=f"{mark}event,who\nview,b2\n"))
    assert [record["user_id"] for record in header.records] == ["a1", "b2"]
    parts = zipped(tmp_path, a="2026-01-01,view,a1\n2026-01-02,view,a2\n", b="2026-01-03,view,b1\n")
    assert [record["user_id"] for record in read(parts, mapped(parts, fields=BY_PLACE)).records] == ["a1", "a2", "b1"]


BY_PLACE = {"timestamp": "Column 1", "type": "Column 2", "user_id": "Column 3"}


def test_objects_in_cells_are_columns_and_a_broken_one_costs_its_row(tmp_path):
    cell = '"{""sku"":""s%d"",""cart"":{""id"":%d},""tags"":[""a"",""b""]}"'
    good = [f"view,u{number},{cell % (number, number)}" for number in range(300)]
    broken, header = 'view,x,"{broken"', "event,who,said"
    text = "\n".join([header, *good[:250], broken, "view,y,", header, *good[250:], ""])
    path = file(tmp_path, text)
    opened = table.open_table(path)
    assert opened.columns == ["event", "who", "said", "said.sku", "said.cart.id", "said.tags"]
    fields = {"type": "event", "user_id": "who", "product_ids": "said.tags", "question_id": "said.cart.id"}
    found = read(path, mapped(path, fields=fields))
    assert [record["user_id"] for record in found.records] == [*(f"u{n}" for n in range(250)), "y"] + [
        f"u{n}" for n in range(250, 300)
    ]
    assert found.records[0]["product_ids"] == ["a", "b"]
    assert [name for name, _ in found.skipped] == ["Header"]
    assert [(each.index, each.violations[0].rule) for each in found.rejected] == [
        (250, 'The column "said" has no valid JSON in this row, as it has in others.')
    ]
    assert found.is_all_counted
