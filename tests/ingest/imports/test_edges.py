"""Whatever the codec accepts, the inbox, the table and every export can hold: records at the edges."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from interactions.codec import export
from interactions.codec.record_files import RecordFormat, pieces
from interactions.codec.rulebook import check_bytes
from interactions.ingest import live
from interactions.models import Environment, Import, InboxEntry
from tests.ingest.imports.edges import accepted, in_utc, rows, said
from tests.ingest.imports.house import House


@pytest.fixture
def edges() -> list[bytes]:
    return accepted(1, 58)


def test_a_file_of_them_comes_in_and_out(house: House, edges: list[bytes]) -> None:
    imp = house.done(b"\n".join(edges), name="edges.jsonl")
    assert (imp.state, imp.accepted, imp.rejected) == (Import.State.DONE, len(edges), 0)
    there = rows()
    assert said(list(export.records(there))) == said([in_utc(json.loads(raw)) for raw in edges])
    _files_hold(there)


def test_calls_of_them_leave_the_inbox(house: House, edges: list[bytes]) -> None:
    here = Environment.objects.get(slug="production")
    for few in (edges, edges[:3]):
        InboxEntry.objects.create(environment=here, received_at=timezone.now(), records=len(few), text=b",".join(few))
    assert live.append(here) == len(edges)
    assert not InboxEntry.objects.exists()
    assert said(list(export.records(rows()))) == said([in_utc(json.loads(raw)) for raw in edges])


def _files_hold(table: pa.Table) -> None:
    again = b"".join(pieces(RecordFormat.LINES, table))
    assert all(check_bytes(line).record is not None for line in again.splitlines())
    assert b"".join(pieces(RecordFormat.CSV, table)).count(b"9999-12-31T23:59:59.999999Z")
    whole = pq.read_table(pa.BufferReader(b"".join(pieces(RecordFormat.PARQUET, table))))
    assert whole["timestamp"].combine_chunks() == table["timestamp"].combine_chunks()
