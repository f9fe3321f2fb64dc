"""Parquet, workbooks and any JSON come to the same rows as CSV."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from interactions.connectors import table
from interactions.connectors.table import NoTable, Reading
from interactions.contract.timestamps import instant
from tests.connectors.table.opened import file, mapped, read, suggested, workbook


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
        'The column "deep" holds lists of lists, which no field of an interaction can take: it is left out.',
    )
    fields = {**suggested(path).fields, "quantities": "items[].q"}
    found = read(path, mapped(path, fields=fields))
    assert [record.get("product_ids") for record in found.records] == [["a", "b"], ["c"], None]
    assert [record.get("quantities") for record in found.records] == [None, [3], None]
    assert [record.get("user_id") for record in found.records] == ["1", None, "3"]
    assert found.records[1]["revenue"] == 12.5
    assert found.records[0]["timestamp"].startswith("2026-04-03T10:00:00.000005")
    assert found.left_out == {"quantities": 1}


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
    chunk = next(iter(table.Records(table.open_table(path), mapping)))
    mended = file(tmp_path, chunk.origin(0).text.replace(b"never", b"2026-01-02") + b"\n", "mended")
    assert table.fits(mapping, table.open_table(mended).columns)
    assert read(mended, mapping).records[0]["timestamp"] == "2026-01-02 00:00:00Z"


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
