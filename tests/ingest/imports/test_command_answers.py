"""What import_interactions answers without any work of workers, and what is exported imported again."""

import gzip
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dojo import workers
from interactions.connectors.table import Mapping, Times
from interactions.ingest.imports import tables
from interactions.models import Environment, Import

from .files import as_lines, record, records
from .house import House, files, rows

HERE = Path(__file__)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere.json",), "nowhere.json is not a file."),
        ((".",), ". is not a file."),
        ((str(HERE), "--environment", "stage"), "There is no environment called stage. Choose one of"),
    ],
)
def test_what_it_is_asked_wrongly_it_says_and_starts_nothing(
    db: None, arguments: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(CommandError) as error:
        call_command("import_interactions", *arguments)
    assert str(error.value).startswith(sentence) and error.value.returncode == 2
    assert not Import.objects.exists()


@pytest.fixture
def with_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "present", nullcontext)


def test_what_cannot_be_imported_fails_with_the_sentence(
    db: None, with_workers: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "week.csv"
    path.write_bytes(b"id,type\n")
    with pytest.raises(SystemExit) as ended:
        call_command("import_interactions", str(path), "--json")
    output, errors = capsys.readouterr()
    assert ended.value.code == 2
    assert errors.strip() == "The file has a header but no rows."
    result: dict[str, Any] = json.loads(output)
    assert result.pop("import") == Import.objects.get().pk
    assert result.items() >= {
        "state": "failed", "records": 0, "accepted": 0, "rejected": 0, "duplicates": 0, "seconds": 0.0,
    }.items()  # fmt: skip
    assert path.exists() and files() == []


def test_without_workers_that_could_be_started_it_says_so(db: None, settings: Any, tmp_path: Path) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    settings.REDIS_IS_OURS = False
    with pytest.raises(CommandError, match="The Redis of REDIS_URL does not answer") as error:
        call_command("import_interactions", str(HERE))
    assert error.value.returncode == 2


MANY_KINDS = [
    *records(20),
    record(31, type="search", product_ids=None, search={"keywords": "a b", "filters": {"brand": ["x", "y"]}}),
    record(32, type="checkout", revenue=12.5, quantities=[1, 2], product_ids=["a", "b"]),
    record(33, type="add_to_cart", quantities=2),
    record(34, context={"page": {"url": "https://a.example/"}, "more": {"kept": [1, None]}}),
    record(35, context={"custom_context": {"a": True, "b": [1, 2], "c": [{"d": {}}]}}),
    record(39, context={"campaign": {"name": "x", "y": 1}}),
    record(36, user_id="0007", timestamp="2024-03-01T12:00:00.123456+05:30"),
    record(37, user_id="18446744073709551615", anonymous_id="Zoë"),
    record(38, context={}),
]


def exported(folder: Path, environment: str = "production") -> bytes:
    path = folder / f"{environment}.jsonl.gz"
    call_command("export_interactions", str(path), "--environment", environment, "--verbosity", "0")
    return gzip.decompress(path.read_bytes())


def content(environment: str) -> list[dict[str, Any]]:
    ours = ("import_id", "received_at")
    return [{name: value for name, value in row.items() if name not in ours} for row in rows(environment)]


def test_what_is_exported_gives_the_same_records_in_another_environment(house: House, tmp_path: Path) -> None:
    imp = house.done(as_lines(MANY_KINDS))
    assert imp.accepted == len(MANY_KINDS)
    again = house.done(exported(tmp_path), environment="playground")
    assert (again.accepted, again.rejected, again.duplicates) == (len(MANY_KINDS), 0, 0)
    assert content("playground") == content("production")


def test_what_is_exported_adds_nothing_where_it_came_from(house: House, tmp_path: Path) -> None:
    house.done(as_lines(MANY_KINDS))
    again = house.done(exported(tmp_path))
    assert (again.accepted, again.duplicates) == (0, len(MANY_KINDS))


def test_what_had_no_time_adds_nothing_either_although_it_is_exported_with_one(house: House, tmp_path: Path) -> None:
    made = [record(number, timestamp=None) for number in range(10)]
    house.done(as_lines([*made, record(1), record(2)]))
    before = rows()
    again = house.done(exported(tmp_path))
    assert (again.accepted, again.duplicates) == (0, 12)
    assert rows() == before


def test_copies_without_a_time_are_counted_as_well(house: House, tmp_path: Path) -> None:
    house.done(as_lines([record(1, timestamp=None)] * 2))
    text = exported(tmp_path)
    again = house.done(text + text.splitlines(keepends=True)[0])
    assert (again.accepted, again.duplicates) == (1, 2)


def test_what_had_no_time_is_recognised_however_little_is_compared_at_once(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for start in (0, 20, 40):
        house.done(as_lines([record(number, timestamp=None) for number in range(start, start + 10)]))
    text = exported(tmp_path)
    for name in ("_ROWS", "_MOMENTS", "_CANDIDATES"):
        monkeypatch.setattr(f"interactions.ingest.duplicates.untimed.{name}", 2)
    again = house.done(text + as_lines(records(5, start=60)))
    assert (again.accepted, again.duplicates) == (5, 30)


def test_another_record_of_that_very_moment_is_added(house: House, tmp_path: Path) -> None:
    imp = house.done(as_lines([record(1, timestamp=None)]))
    again = house.done(as_lines([record(2, timestamp=imp.created_at.isoformat())]))
    assert (again.accepted, again.duplicates) == (1, 0)


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        ("03/04/2026 10:00", "written with the day first, or the month? Answer that in the import wizard,"),
        ("2026-04-03 10:00", "The times don't say their time zone. Which is it? Name it with --zone."),
    ],
)
def test_a_question_about_a_table_says_where_to_answer_it(
    db: None, with_workers: None, tmp_path: Path, times: str, sentence: str
) -> None:
    mapping = Mapping(fields={"timestamp": "when", "type": "event", "user_id": "who"}, times=Times("iso", ""))
    tables.keep(Environment.objects.get(slug="production"), "Shop", mapping)
    path = tmp_path / "week.csv"
    path.write_text(f"when,event,who\n{times},like,ann\n")
    with pytest.raises(CommandError) as error:
        call_command("import_interactions", str(path))
    assert sentence in str(error.value) and error.value.returncode == 2
    assert Import.objects.get().state == Import.State.CANCELLED
