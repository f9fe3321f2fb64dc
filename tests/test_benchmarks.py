"""The benchmarks run and give every figure; how large the figures are is no business of a test."""

import socketserver
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.cache import cache

from benchmarks import report_asked, report_pages
from benchmarks.alike import decided, equal
from benchmarks.asked import questions
from benchmarks.copies import add_copies
from benchmarks.dashboard import QUESTIONS
from benchmarks.narrowed import NARROWED
from benchmarks.processes import Failed, measure
from benchmarks.sending import Job, send
from interactions.analytics.reports.breakdowns import Subject
from interactions.connectors import SOURCES
from interactions.warehouse.lake import Lake
from tests import figures

from .lakes import append, record
from .processes import HOUSE

WORK = HOUSE / ".build" / "bench"


def run(module: str, *arguments: object) -> str:
    """What a benchmark prints."""
    line = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(line, cwd=HOUSE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(text: str) -> dict[str, list[str]]:
    """The rows of all tables in a page: the first cell, and the others."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {first: others for first, *others in lines}


@pytest.mark.slow
def test_the_smallest_run_fills_every_row_and_leaves_nothing_behind(tmp_path: Path):
    before = set(WORK.glob("*"))
    results = tmp_path / "RESULTS.md"
    smallest = ("--records", 2_000, "--rounds", 1, "--skip-dashboard", "--steady-seconds", 2)
    printed = run("run", *smallest, "--results", results)
    assert printed.strip() == results.read_text().strip()
    measured = {name: cells for name, cells in rows(printed).items() if len(cells) == 6 and cells[0] == "1"}
    for start in (
        "DuckDB",
        "**Dojo**, JSON Lines",
        "Dojo, `{",
        "Dojo, the same as a CSV",
        "Dojo, JSON Lines a second",
        "Dojo, JSON Lines, beside",
    ):
        assert any(name.startswith(start) for name in measured), start
    assert len(measured) == 8
    assert "A mapped CSV:" in printed and "A topic of Kafka:" in printed
    assert "Ratio to DuckDB:" in printed
    assert "Where the time goes" in printed
    calls = {name: cells for name, cells in rows(printed).items() if len(cells) == 7}
    assert list(calls) == ["A call with", "an empty 200", "**one record**", "1,000 records", "10,000 records"]
    assert "Ratio to an empty 200:" in printed
    erased = rows(printed)["while Dojo is at work"]
    assert len(erased) == 4 and int(erased[2].replace(",", "")) > 0
    assert "An import of 2,000 records" in printed
    assert float(rows(printed)["importing 2,000 records, s"][0]) > 0
    assert "After another node's commit:" in printed
    assert rows(printed)["Acknowledged, and in the table exactly once"] == ["400 of 400"]
    assert set(WORK.glob("*")) == before


@pytest.mark.slow
def test_the_profile_of_a_block_finds_time_in_every_stage():
    printed = rows(run("profile_block", "--records", 2_000))
    stages = {name: float(cells[0]) for name, cells in printed.items() if cells[0][:1].isdigit()}
    assert len(stages) >= 9
    # Records that the compiled loops read need no decoding, and nothing needs to be apart of theirs.
    assert sum(time > 0 for time in stages.values()) >= 8


@pytest.fixture
def lakes(db, settings, tmp_path: Path, redis_server: str) -> None:
    settings.LAKE_DIR = tmp_path / "lake"
    settings.INDEX_DIR = tmp_path / "index"
    settings.SCRATCH_DIR = tmp_path / "scratch"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}}
    cache.clear()


def test_the_speed_of_every_source_of_events_is_measured():
    measured = run("sources", "--events", 50)
    for source in SOURCES.values():
        assert (f"| {source.TITLE} | lines |" in measured) == (source.NAME != "dojo")


def test_a_copy_has_people_and_a_time_of_its_own(lakes, tmp_path: Path):
    people = [{"user_id": "u1", "anonymous_id": "a1"}, {"user_id": "u2"}, {"anonymous_id": "a2"}]
    append(record(at="2024-01-01T00:00:00Z", product_ids=["p1"], **person) for person in people)
    add_copies(Lake("production").files(), "playground", range(3), apart=timedelta(days=30), scratch=tmp_path)
    assert figures.totals("playground") == figures.Totals(
        interactions=9,
        people=9,
        users=6,
        anonymous=6,
        sessions=9,
        products=1,
        searches=0,
        conversions=0,
        revenue=0.0,
        refunds=0.0,
        first=datetime(2024, 1, 1, tzinfo=UTC),
        last=datetime(2024, 3, 1, tzinfo=UTC),
    )


def test_a_copy_is_no_duplicate_of_what_it_was_made_of(lakes, tmp_path: Path):
    import duckdb

    append([record(), record()])
    add_copies(Lake("production").files(), "production", [1, 2], apart=timedelta(0), scratch=tmp_path)
    query = "SELECT count(DISTINCT fingerprint), count(*) FROM read_parquet($files)"
    with duckdb.connect() as duck:
        assert duck.execute(query, {"files": Lake("production").files()}).fetchall() == [(6, 6)]


@pytest.mark.slow
def test_the_dashboards_page_is_measured_with_every_filter(tmp_path: Path):
    """Where ClickHouse's engine is there, it has to answer the same."""
    found = measure("pages", 20_000, 2, 1, data=tmp_path, cores=2)
    assert set(found["filters"]) == set(NARROWED)
    assert all(page["cold"] > page["warm"] > 0 for page in found["filters"].values())
    assert found["index"]["events"] == 20_000
    assert found["known"]["batches"]["1000"] > 0
    assert len(found["upkeep"]["live"]) == 5 and found["upkeep"]["tenth"] > 0 and found["upkeep"]["all"] > 0
    text = rows(report_pages.section([found]))
    assert set(NARROWED) <= set(text) and "building the index, s" in text
    assert ("**Sum**" in text) == bool(find_spec("chdb"))
    assert set(found["asked"]["ours"]) == set(NARROWED)
    asked = rows(report_asked.section([found]))
    assert set(questions()) <= set(asked)


def test_a_top_list_of_each_subject_is_measured():
    assert {f"top {subject.value}" for subject in Subject} <= set(QUESTIONS)


def test_answers_are_equal_but_for_the_last_digits_of_sums():
    assert equal([["a", 1, 0.1 + 0.2]], [["a", 1, 0.3]])
    assert not equal([["a", 1, 0.3]], [["a", 2, 0.3]])
    assert not equal([["a"]], [["a"], ["b"]])


def test_of_the_first_rows_those_are_compared_that_none_outside_equals():
    assert decided([("b", 3), ("a", 3), ("c", 1), ("d", 1)]) == [[3, 3, 1, 1], [["a", 3], ["b", 3]]]


def test_a_measurement_that_fails_says_why(tmp_path: Path):
    with pytest.raises(Failed, match="No such file"):
        measure("peers", "pandas", tmp_path / "missing.jsonl", tmp_path, 1, data=tmp_path, cores=1)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 3),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 3),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nBusy", "A call was not accepted.*Busy"),
        (b"", "closed a connection"),
    ],
)
def test_a_call_counts_only_where_the_answer_says_so(tmp_path: Path, answer: bytes, outcome: int | str):
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while self.request.recv(65536) and answer:
                self.request.sendall(answer)

    (file := tmp_path / "calls.jsonl").write_bytes(b'{"type":"like"}\n' * 6)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        job = Job(server.server_address[1], "/", str(file), skip=0, calls=3, records=2, connections=2)
        try:
            if isinstance(outcome, int):
                assert send(job).calls == outcome
            else:
                with pytest.raises(SystemExit, match=outcome):
                    send(job)
        finally:
            server.shutdown()
