"""A CSV file is read in blocks, by several threads: its rows come once and in order, however long they are."""

from __future__ import annotations

import json

import pytest

from interactions.connectors import table
from interactions.connectors.table import records as converted
from interactions.connectors.table import separated
from interactions.errors import FileRefused
from tests.connectors.table.opened import file, mapped

MANY = "".join(
    f"2026-11-02T10:{number % 60:02}:00.5{zone},view,cust-{number},203.0.113.{number % 7},{number % 3}|2,Ä{number}\n"
    for number in range(3_000)
    for zone in ("Z", "+01:00")
)


def blocks_of(monkeypatch, usual: int, largest: int) -> None:
    monkeypatch.setattr(separated, "BLOCK", usual)
    monkeypatch.setattr(separated, "LONGEST_ROW", largest)
    monkeypatch.setattr(converted, "_PIECE_BYTES", usual)


def test_rows_before_and_after_one_that_fits_into_no_block_come_once(tmp_path, monkeypatch):
    blocks_of(monkeypatch, 4096, 16_384)
    before = "".join(f"view,cust-{number}\n" for number in range(997))
    path = file(tmp_path, f'event,customer\n{before}\nview,a,b\nview,"{"long " * 2_000}"\n\n{before}')
    batches = list(table.open_table(path).batches())
    assert sum(batch.size for batch in batches) == path.stat().st_size
    assert [number for batch in batches for number in batch.numbers()] == [*range(997), 999, *range(1_001, 1_998)]
    assert [each.index for batch in batches for each in batch.rejected] == [998]
    assert [number for batch in batches for number in batch.blank] == [997, 1_000]
    told = [who for batch in batches for who in batch.table["customer"].to_pylist() if not who.startswith("long")]
    assert told == [f"cust-{number}" for number in range(997)] * 2


@pytest.mark.parametrize("threads", [1, 3])
def test_rows_come_in_order_however_many_threads_read_them(tmp_path, monkeypatch, threads: int):
    blocks_of(monkeypatch, 4096, 4096)
    path = file(tmp_path, f"when,event,customer,ip,quantities,city\n{MANY}")
    records = table.Records(table.open_table(path), mapped(path), threads)
    chunks = list(records)
    assert len(chunks) > 50
    found = [json.loads(line) for chunk in chunks for line in bytes(chunk.lines).splitlines()]
    assert [record["user_id"] for record in found] == [f"cust-{number}" for number in range(3_000) for _ in "12"]
    assert [int(row) for chunk in chunks for row in chunk.rows] == list(range(6_000))
    assert {record["context"]["truncated_ip"] for record in found} == {"203.0.113.0"}
    assert records.left_out == {"quantities": 6_000}


def test_small_blocks_are_made_into_records_together(tmp_path, monkeypatch):
    blocks_of(monkeypatch, 4096, 4096)
    monkeypatch.setattr(converted, "_PIECE_BYTES", 1 << 20)
    path = file(tmp_path, f"when,event,customer,ip,quantities,city\n{MANY}view,a,b\n\n{MANY}")
    chunks = list(table.Records(table.open_table(path), mapped(path)))
    assert len(chunks) == 1
    assert [int(row) for row in chunks[0].rows] == [*range(6_000), *range(6_002, 12_002)]
    assert [each.index for each in chunks[0].rejected] == [6_000]


def test_what_is_unreadable_in_the_middle_is_told_by_any_thread(tmp_path, monkeypatch):
    blocks_of(monkeypatch, 4096, 4096)
    path = file(tmp_path, f'when,event,customer,ip,quantities,city\n{MANY}"never closed{"x" * 9000}')
    with pytest.raises(FileRefused):
        list(table.Records(table.open_table(path), mapped(path), 2))
