"""Synthetic interactions as files: their forms, their wholeness, and the command that writes them."""

import gzip
import json
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from interactions.management.commands.generate_interactions import Command
from interactions.synthetic import records, write
from tests.processes import HOUSE

START = datetime(2025, 1, 6, tzinfo=UTC)
END = START + timedelta(weeks=12)


def made(count: int) -> list[dict[str, Any]]:
    return list(records(count, start=START, end=END))


class TestFiles:
    def test_json_is_an_object_with_one_record_a_line(self, tmp_path: Path) -> None:
        path = tmp_path / "made.json"
        write(path, 5000, start=START, end=END)
        lines = path.read_text().splitlines()
        assert (lines[0], lines[-1], len(lines)) == ('{"data":[', "]}", 5002)
        assert json.loads(path.read_text()) == {"data": made(5000)}

    @pytest.mark.parametrize("ending", ["jsonl", "ndjson", "JSONL"])
    def test_json_lines_have_one_record_a_line(self, tmp_path: Path, ending: str) -> None:
        path = tmp_path / f"made.{ending}"
        write(path, 5000, start=START, end=END)
        assert [json.loads(line) for line in path.read_text().splitlines()] == made(5000)

    @pytest.mark.parametrize("ending", ["json", "jsonl"])
    def test_gz_compresses_the_same_content(self, tmp_path: Path, ending: str) -> None:
        for name in (f"made.{ending}", f"made.{ending}.gz"):
            write(tmp_path / name, 5000, start=START, end=END)
        packed = (tmp_path / f"made.{ending}.gz").read_bytes()
        assert gzip.decompress(packed) == (tmp_path / f"made.{ending}").read_bytes()

    def test_compressed_files_of_one_seed_are_equal_under_any_name(self, tmp_path: Path) -> None:
        for name in ("first.jsonl.gz", "second.jsonl.gz"):
            write(tmp_path / name, 500, seed=3, start=START, end=END)
        first, second = ((tmp_path / f"{name}.jsonl.gz").read_bytes() for name in ("first", "second"))
        assert first == second
        assert first[4:8] == bytes(4)  # gzip's field for the time of writing (RFC 1952)

    def test_no_records_are_still_a_valid_file(self, tmp_path: Path) -> None:
        write(tmp_path / "none.json", 0, start=START, end=END)
        assert json.loads((tmp_path / "none.json").read_text()) == {"data": []}

    @pytest.mark.parametrize("name", ["made.csv", "made", "made.gz", "made.json.zip"])
    def test_another_ending_is_refused(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(ValueError, match=r"must end in \.json"):
            write(tmp_path / name, 1, start=START, end=END)
        assert list(tmp_path.iterdir()) == []

    def test_progress_rises_to_the_count(self, tmp_path: Path) -> None:
        told: list[int] = []
        write(tmp_path / "made.jsonl", 10_000, start=START, end=END, progress=told.append)
        assert len(told) > 1
        assert told == sorted(set(told))
        assert told[-1] == 10_000

    def test_a_failure_leaves_the_old_file_and_nothing_else(self, tmp_path: Path) -> None:
        path = tmp_path / "made.jsonl"
        path.write_text("old")

        def fail(written: int) -> None:
            raise RuntimeError

        with pytest.raises(RuntimeError):
            write(path, 10_000, start=START, end=END, progress=fail)
        assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("made.jsonl", "old")]

    def test_an_existing_file_is_replaced_once_the_new_one_is_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "made.jsonl"
        path.write_text("old")
        seen: list[str] = []
        write(path, 10, start=START, end=END, progress=lambda written: seen.append(path.read_text()))
        assert seen == ["old"]
        assert len(path.read_text().splitlines()) == 10

    def test_memory_does_not_grow_with_the_count(self, tmp_path: Path) -> None:
        def peak(count: int) -> int:
            tracemalloc.start()
            write(tmp_path / "made.jsonl", count, start=START, end=END)
            used = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return used

        peak(10)  # builds the catalogue, which stays
        assert peak(30_000) < 1.5 * peak(6000)

    def test_nothing_of_django_is_loaded(self) -> None:
        code = "import sys, interactions.synthetic; sys.exit('django' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], cwd=HOUSE, check=False).returncode == 0


class TestCommand:
    def test_it_writes_the_period_before_the_end(self, tmp_path: Path) -> None:
        path = tmp_path / "made.jsonl"
        call_command(Command(), "300", str(path), "--days=2", "--end=2025-03-01T00:00Z", stdout=StringIO())
        times = [datetime.fromisoformat(json.loads(line)["timestamp"]) for line in path.read_text().splitlines()]
        assert len(times) == 300
        assert datetime(2025, 2, 27, tzinfo=UTC) <= min(times) < datetime(2025, 2, 27, 12, tzinfo=UTC)
        assert max(times) < datetime(2025, 3, 1, tzinfo=UTC)

    def test_an_end_without_offset_is_utc(self, tmp_path: Path) -> None:
        for name, end in (("first.jsonl", "2025-03-01"), ("second.jsonl", "2025-03-01T01:00+01:00")):
            call_command(Command(), "50", str(tmp_path / name), f"--end={end}", stdout=StringIO())
        assert (tmp_path / "first.jsonl").read_bytes() == (tmp_path / "second.jsonl").read_bytes()

    def test_the_seed_is_passed_on(self, tmp_path: Path) -> None:
        for seed in "12":
            path = tmp_path / f"{seed}.jsonl"
            call_command(Command(), "50", str(path), f"--seed={seed}", "--end=2025-03-01", stdout=StringIO())
        assert (tmp_path / "1.jsonl").read_bytes() != (tmp_path / "2.jsonl").read_bytes()

    def test_it_says_what_it_wrote(self, tmp_path: Path) -> None:
        out = StringIO()
        call_command(Command(), "50", str(tmp_path / "made.json"), stdout=out)
        assert "50 interactions" in out.getvalue()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["10", "made.csv"], "must end in .json"),
            (["-1", "made.json"], "must not be negative"),
            (["10", "made.json", "--days=0"], "millisecond"),
            (["10", "made.json", "--days=4000000"], "fewer days"),
            (["10", "made.json", "--end=soon"], "not an ISO 8601"),
            (["10", "missing/made.json"], "cannot be written"),
        ],
    )
    def test_what_cannot_be_done_is_said_in_a_sentence(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(CommandError, match=message):
            call_command(Command(), *arguments, stdout=StringIO())
