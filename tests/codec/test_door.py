"""The door of the codec: what a stranger does with it, and without the rest of Dojo."""

from __future__ import annotations

import doctest
import io
import json
import subprocess
import sys

import pytest

from interactions import codec
from interactions.codec import read_records, write_records
from interactions.codec.calls import BadCall
from interactions.errors import FileRefused
from tests.codec.read import KEYRING, RECEIVED


def test_the_examples_are_true() -> None:
    found = doctest.testmod(codec)
    assert found.attempted >= 8
    assert found.failed == 0


def test_it_opens_without_anything_heavy_and_reads_without_django() -> None:
    code = (
        "import sys, io, interactions.codec as codec\n"
        "assert not {'pyarrow', 'numba', 'msgspec'} & set(sys.modules)\n"
        '(batch,) = codec.read_records(io.BytesIO(b\'{"type":"like"}\' * 30))\n'
        "assert batch.accepted == 30\n"
        "assert not {'django', 'celery', 'deltalake', 'duckdb'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_what_was_read_is_written_in_each_form(form: str) -> None:
    text = b'[{"type":"like","user_id":"ann"},{"type":"checkout","revenue":2.5}]'
    batches = list(read_records(io.BytesIO(text), received_at=RECEIVED, import_id=3, keyring=KEYRING))
    tables = [table for batch in batches for table in batch.tables]
    assert [row["user_key"] for table in tables for row in table.to_pylist()] == [KEYRING.key("ann"), None]
    sink = io.BytesIO()
    write_records(tables, sink, form)
    assert not sink.closed
    if form == "jsonl":
        records = [json.loads(line) for line in sink.getvalue().splitlines()]
        assert [record.get("revenue") for record in records] == [None, 2.5]
        again = [
            table for batch in read_records(io.BytesIO(sink.getvalue()), received_at=RECEIVED) for table in batch.tables
        ]
        assert [row["revenue"] for table in again for row in table.to_pylist()] == [None, 2.5]
    else:
        assert sink.getvalue().startswith(b"PAR1" if form == "parquet" else b"\xef\xbb\xbf")


def test_what_cannot_be_taken_at_all_is_refused_with_a_sentence() -> None:
    with pytest.raises(FileRefused, match="not JSON"):
        list(read_records(io.BytesIO(b"a,b\n1,2\n")))
    with pytest.raises(BadCall, match="not valid JSON"):
        codec.check_call(b"{")
    with pytest.raises(ValueError, match="xlsx"):
        write_records([], io.BytesIO(), "xlsx")
