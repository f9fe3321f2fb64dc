"""Parts: a Parquet file is there whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from interactions.contract.columns import TABLE_SCHEMA
from interactions.warehouse import parts
from interactions.warehouse.parts import STATISTICS_COLUMNS, PartWriter
from tests.codec.read import read_lines


def table(*stamps: str) -> pa.Table:
    return read_lines(
        [json.dumps({"type": "like", "timestamp": stamp, "user_id": "anna@example.org"}).encode() for stamp in stamps]
    ).table


class TestPartWriter:
    def test_writes_what_it_is_given(self, tmp_path: Path) -> None:
        one, other = table("2024-01-02T00:00:00Z", "2024-01-01T00:00:00.000001Z"), table("2024-01-03T00:00:00Z")
        with PartWriter(tmp_path / "0.parquet") as part:
            part.add(one)
            part.add(other)
        found = pq.read_table(tmp_path / "0.parquet")
        assert found.schema.equals(TABLE_SCHEMA)
        assert found.to_pylist() == one.to_pylist() + other.to_pylist()
        assert part.written.rows == 3
        assert part.written.size == (tmp_path / "0.parquet").stat().st_size
        assert part.written.first == datetime(2024, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
        assert part.written.last == datetime(2024, 1, 3, tzinfo=UTC)

    def test_writes_row_groups_of_some_size(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parts, "_GROUP_ROWS", 4)
        with PartWriter(tmp_path / "0.parquet") as part:
            for _ in range(7):
                part.add(table("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"))
        metadata = pq.read_metadata(tmp_path / "0.parquet")
        assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [4, 4, 4, 2]

    def test_without_a_row_there_is_no_file(self, tmp_path: Path) -> None:
        with PartWriter(tmp_path / "0.parquet") as part:
            part.add(TABLE_SCHEMA.empty_table())
        assert list(tmp_path.iterdir()) == []
        assert (part.written.rows, part.written.first) == (0, None)

    @pytest.mark.parametrize("group_rows", [1, 1000])
    def test_an_exception_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group_rows: int
    ) -> None:
        def tables() -> Iterator[pa.Table]:
            yield table("2024-01-01T00:00:00Z")
            raise KeyError

        def write() -> None:
            with PartWriter(tmp_path / "0.parquet") as part:
                for each in tables():
                    part.add(each)

        monkeypatch.setattr(parts, "_GROUP_ROWS", group_rows)
        with pytest.raises(KeyError):
            write()
        assert list(tmp_path.iterdir()) == []

    def test_a_full_disk_leaves_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(writer: pq.ParquetWriter, *args: object, **options: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(OSError, match="No space"), PartWriter(tmp_path / "0.parquet") as part:
            part.add(table("2024-01-01T00:00:00Z"))
        assert list(tmp_path.iterdir()) == []

    def test_no_id_stands_in_its_statistics(self, tmp_path: Path) -> None:
        with PartWriter(tmp_path / "0.parquet") as part:
            part.add(table("2024-01-01T00:00:00Z"))
        group = pq.read_metadata(tmp_path / "0.parquet").row_group(0)
        columns = [group.column(number) for number in range(group.num_columns)]
        assert {column.path_in_schema for column in columns if column.is_stats_set} == set(STATISTICS_COLUMNS)
