"""Files of records: what a spreadsheet, a reader of Parquet and Dojo itself make of them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from interactions.codec import export
from interactions.codec.record_files import COLUMNS, RecordFormat, pieces
from interactions.contract.columns import TABLE_SCHEMA
from interactions.csv_cells import harmless

MOMENT = datetime(2024, 1, 31, 12, 30, 15, 250_000, UTC)


def table(*rows: dict[str, Any]) -> pa.Table:
    common = {"type": "like", "timestamp": MOMENT, "received_at": MOMENT, "import_id": 4, "fingerprint": b"1" * 16}
    return pa.Table.from_pylist(
        [{**dict.fromkeys(TABLE_SCHEMA.names), **common, **row} for row in rows], schema=TABLE_SCHEMA
    )


def as_csv(rows: pa.Table) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(pieces(RecordFormat.CSV, rows)).decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", ["=1+1", "+1-1", "-1-1", "@SUM(A1)", "a;=1", "\t=1", "\r=1", "\n=1", "＝1"])
def test_cells_of_a_csv_are_made_harmless(text: str) -> None:
    assert as_csv(table({"user_id": text}))[0]["user_id"] == harmless(text) != text


def test_a_csv_begins_with_a_mark_that_excel_knows_utf_8_by() -> None:
    assert b"".join(pieces(RecordFormat.CSV, table({"user_id": "é"}))).count(b"\xef\xbb\xbf") == 1
    assert b"".join(pieces(RecordFormat.CSV, table())).startswith(b'\xef\xbb\xbf"type"')


@pytest.mark.parametrize(
    "text", ["a=1", "ann", "-8845298781299428018", "+1", "-1.5e3", 'say "hi", you', "two\nlines", "", "é"]
)
def test_other_cells_of_a_csv_are_as_they_were(text: str) -> None:
    assert as_csv(table({"keywords": text}))[0]["keywords"] == text


def test_a_csv_has_times_in_utc_numbers_and_lists() -> None:
    row = as_csv(table({"product_ids": ["-34", "=b"], "revenue": -5.5, "quantities": [1.0, 2.0]}))[0]
    assert row["timestamp"] == "2024-01-31T12:30:15.25Z"
    assert (row["product_ids"], row["revenue"], row["quantities"]) == ('["-34","=b"]', "-5.5", "[1.0,2.0]")
    assert row["import_id"] == "4"


def test_every_column_but_our_hashes_is_in_it() -> None:
    assert list(as_csv(table({}))[0]) == COLUMNS
    assert set(TABLE_SCHEMA.names) - set(COLUMNS) == {"fingerprint", "user_key", "anonymous_key"}


def test_a_csv_without_records_has_its_heading() -> None:
    assert b"".join(pieces(RecordFormat.CSV, table())).decode("utf-8-sig").startswith('"type","timestamp"')


@pytest.mark.parametrize("form", list(RecordFormat))
@pytest.mark.parametrize("rows", [1, 2, 100])
def test_the_pieces_make_the_same_file_whatever_their_size(form: RecordFormat, rows: int) -> None:
    whole = table(*({"user_id": f"u{number}"} for number in range(7)))
    text = b"".join(pieces(form, whole, rows))
    if form is RecordFormat.PARQUET:
        assert pq.read_table(io.BytesIO(text))["user_id"].to_pylist() == [f"u{number}" for number in range(7)]
    else:
        assert text == b"".join(pieces(form, whole))


def test_json_lines_are_those_of_the_command() -> None:
    whole = table({"user_id": "ann", "page_url": "https://a.example/"}, {"anonymous_id": "x"})
    assert b"".join(pieces(RecordFormat.LINES, whole, 1)) == export.lines(whole)
