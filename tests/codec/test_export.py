"""Export: the records that were imported come out again."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions.codec import export
from interactions.contract.columns import TABLE_SCHEMA
from interactions.management.commands import export_interactions
from interactions.warehouse.lake import Lake, Part
from interactions.warehouse.parts import PartWriter
from tests.codec.read import Outcome, Record, plain, read_file, read_lines
from tests.codec.strategies import dumped, interactions


def exported(record: Record) -> Record:
    (found,) = export.records(read_lines([json.dumps(record).encode()]).table)
    return found


class TestRecords:
    @examples(max_examples=100)
    @given(st.lists(interactions(), min_size=1, max_size=5))
    def test_import_again_to_the_same_rows(self, records: list[Record]) -> None:
        first = read_lines([dumped(record, 0) for record in records])
        lines = export.lines(first.table)
        assert [plain(json.loads(line)) for line in lines.splitlines()] == [plain(record) for record in records]
        again = read_file(lines)
        ours = ["fingerprint"]  # which differs where a timestamp was made of the time of receipt
        assert again.table.drop_columns(ours) == first.table.drop_columns(ours)
        timed = [record.get("timestamp") is not None for record in records]
        assert again.table["fingerprint"].filter(pa.array(timed)) == first.table["fingerprint"].filter(pa.array(timed))

    def test_have_nothing_of_ours_in_them(self) -> None:
        record = {"type": "like", "timestamp": "2024-01-01T00:00:00Z", "user_id": "a", "anonymous_id": "b"}
        assert exported({**record, "_dojo": {"line": 3}, "miso_id": None}) == record

    @pytest.mark.parametrize(
        ("given", "written"),
        [
            ("2024-02-29T00:00:00+00:00", "2024-02-29T00:00:00Z"),
            ("2024-02-29T01:00:00.000000+02:00", "2024-02-28T23:00:00Z"),
            ("2024-02-29T00:00:00.500Z", "2024-02-29T00:00:00.5Z"),
            ("2024-02-29T00:00:10.120340Z", "2024-02-29T00:00:10.12034Z"),
            ("2024-02-29T10:20:00.000001Z", "2024-02-29T10:20:00.000001Z"),
            ("0001-01-02T00:00:00.1Z", "0001-01-02T00:00:00.1Z"),
            ("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.9Z"),
            ("9999-12-30T00:00:00Z", "9999-12-30T00:00:00Z"),
            (None, "2025-03-01T12:30:00.25Z"),
        ],
    )
    def test_have_timestamps_in_utc_with_no_more_digits_than_needed(self, given: str | None, written: str) -> None:
        assert exported({"type": "like", "timestamp": given})["timestamp"] == written

    @pytest.mark.parametrize("quantities", [3, 2.5, [], [1, 2.5]])
    def test_have_quantities_as_they_were_given(self, quantities: object) -> None:
        assert exported({"type": "checkout", "quantities": quantities})["quantities"] == quantities

    def test_are_made_whole_from_columns_and_extra(self) -> None:
        record = {
            "type": "search",
            "timestamp": "2024-01-01T00:00:00Z",
            "search": {"keywords": "k", "filters": {"a": ["b"]}},
            "context": {
                "campaign": {"name": "n", "more": 1},
                "page": {"url": "", "depth": {"x": [None]}},
                "locale": "de",
                "custom_context": {"a": [{"b": {}}], "c": []},
                "unknown": {"custom_context": 1},
            },
        }
        assert exported(record) == record

    @pytest.mark.parametrize("context", [{}, {"campaign": {}}, {"custom_context": {}}, {"x": {}}])
    def test_keep_objects_that_are_empty(self, context: Record) -> None:
        assert exported({"type": "like", "context": context})["context"] == context

    def test_of_an_empty_table_are_none(self) -> None:
        table = TABLE_SCHEMA.empty_table()
        assert (list(export.records(table)), export.lines(table)) == ([], b"")

    def test_come_in_the_order_of_the_rows_however_many(self) -> None:
        raws = [b'{"type":"like","user_id":"%d"}' % number for number in range(10_000)]
        table = read_lines(raws).table
        assert [record["user_id"] for record in export.records(table)] == [str(number) for number in range(10_000)]
        assert export.lines(table).count(b"\n") == 10_000


def commit(folder: Path, outcome: Outcome, number: int) -> None:
    with PartWriter(folder / f"{number}.parquet") as part:
        part.add(outcome.table)
    assert part.written.first is not None
    assert part.written.last is not None
    made = Part(
        folder / f"{number}.parquet", part.written.size, part.written.rows, part.written.first, part.written.last
    )
    Lake("playground").append([made], mark=f"export-{folder.name}-{number}", import_id=number)


@pytest.fixture
def playground(tmp_path: Path, settings: Any) -> list[Record]:
    """Three records in two parts of the playground's table."""
    settings.LAKE_DIR = tmp_path / "lake"
    settings.INDEX_DIR = tmp_path / "index"
    records: list[Record] = [
        {"type": "like", "timestamp": "2024-01-01T00:00:00Z", "user_id": "0042", "context": {"x": 1}},
        {"type": "checkout", "timestamp": "2024-01-02T00:00:00.5Z", "quantities": 2.0, "revenue": 10.0},
        {"type": "custom", "timestamp": "2024-01-03T00:00:00Z", "custom_action_name": "😀"},
    ]
    for number, some in enumerate((records[:2], records[2:]), 1):
        commit(tmp_path, read_lines([json.dumps(record).encode() for record in some]), number)
    return records


@pytest.mark.django_db
class TestCommand:
    def run(self, *arguments: str, environment: str = "playground") -> str:
        out = io.StringIO()
        call_command("export_interactions", *arguments, f"--environment={environment}", stdout=out)
        return out.getvalue()

    @pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
    def test_writes_all_records_and_says_how_many(self, tmp_path: Path, playground: list[Record], name: str) -> None:
        out = self.run(str(tmp_path / name))
        written = (tmp_path / name).read_bytes()
        text = gzip.decompress(written) if name.endswith(".gz") else written
        found = [json.loads(line) for line in text.splitlines()]
        assert sorted(found, key=lambda record: record["timestamp"]) == playground
        assert out == f"3 interactions: {tmp_path / name}\n"

    def test_takes_a_few_rows_at_a_time(
        self, tmp_path: Path, playground: list[Record], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sizes: list[int] = []
        monkeypatch.setattr(export_interactions, "BATCH_ROWS", 1)
        monkeypatch.setattr(export, "lines", lambda table: sizes.append(table.num_rows) or b"")
        self.run(str(tmp_path / "out.jsonl"))
        assert sizes == [1, 1, 1]

    def test_of_an_environment_without_data_writes_an_empty_file(
        self, tmp_path: Path, playground: list[Record]
    ) -> None:
        assert self.run(str(tmp_path / "out.jsonl"), environment="production").startswith("0 interactions")
        assert (tmp_path / "out.jsonl").read_bytes() == b""

    def test_of_an_unknown_environment_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=r"There is no environment called moon\. Choose one of"):
            self.run(str(tmp_path / "out.jsonl"), environment="moon")

    def test_keeps_the_old_file_where_it_fails(
        self, tmp_path: Path, playground: list[Record], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "out"
        folder.mkdir()
        (folder / "out.jsonl").write_text("old")
        gone = [dataclasses.replace(part, file=tmp_path / "gone.parquet") for part in Lake("playground").parts()]
        monkeypatch.setattr(Lake, "parts", lambda lake: gone)
        with pytest.raises(CommandError, match="changed during the export"):
            self.run(str(folder / "out.jsonl"))
        assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("out.jsonl", "old")]

    def test_to_a_folder_that_is_not_there_is_refused(self, tmp_path: Path, playground: list[Record]) -> None:
        with pytest.raises(CommandError, match="cannot be written: No such file"):
            self.run(str(tmp_path / "missing" / "out.jsonl"))

    def test_to_standard_output_writes_nothing_else_there(
        self, playground: list[Record], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written = io.BytesIO()
        told = io.StringIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, write_through=True))
        call_command("export_interactions", "-", "--environment=playground", stderr=told)
        assert len([json.loads(line) for line in written.getvalue().splitlines()]) == 3
        assert "3 interactions" in told.getvalue()


def test_the_codec_knows_no_django() -> None:
    code = (
        "import sys, interactions.codec.reader, interactions.codec.export, interactions.warehouse.parts;"
        "sys.exit('django' in sys.modules)"
    )
    root = Path(__file__).parent.parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
