"""A file without records is refused, and one that brings nothing has failed: never done, wherever it is shown."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from dojo import workers
from interactions.errors import ImportStateError
from interactions.ingest import imports
from interactions.ingest.imports import storage
from interactions.models import ActivityEntry, Import
from tests.unpack.archives import tarred, zipped

from .files import BAD, as_lines, as_list, packed, record, records
from .house import House, files, rejected, rows

State = Import.State
NO_RECORDS = "The file has no records."

EMPTY = {
    "no bytes": b"", "blanks": b" \n\r\n\t", "a mark": b"\xef\xbb\xbf", "a list": b"[]", "a list of blanks": b" [ \n] ",
    "data": b'{"data":[]}', "data and more": b'{"n":1, "data": [ ], "next":null}', "packed": packed(b"[]"),
    "packed twice": packed(packed(b"")), "zip": zipped({}), "zip of empty files": zipped({"a": b"", "b": b"\n"}),
    "zip of an empty list": zipped({"a.json": b"[]"}), "tar.gz": gzip.compress(tarred({})),
    "tar of empty files": tarred({"a": b"", "b": b"[]"}), "UTF-16": "[]\r\n\r\n".encode("utf-16"),
    "only a mark in UTF-16": b"\xff\xfe",
}  # fmt: skip


@pytest.mark.parametrize("content", EMPTY.values(), ids=EMPTY.keys())
def test_a_file_without_records_is_refused_when_it_arrives(house: House, content: bytes) -> None:
    imp = house.given(content)
    assert (imp.state, imp.error, files()) == (State.FAILED, NO_RECORDS, [])


def test_a_file_whose_emptiness_shows_only_behind_its_sample_fails(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interactions.ingest.imports.inspection.SAMPLE_BYTES", 1000)
    imp = house.done(b"[" + b" " * 5000 + b"]")
    assert (imp.state, imp.error, imp.can_retry, files()) == (State.FAILED, NO_RECORDS, False, [])


@pytest.mark.parametrize(
    ("count", "sentence"), [(30, "All 30 records were rejected."), (1, "The only record was rejected.")]
)
def test_a_file_of_rejects_alone_fails_and_keeps_them(house: House, count: int, sentence: str) -> None:
    imp = house.done(as_lines([BAD] * count))
    assert (imp.state, imp.error) == (State.FAILED, sentence)
    assert (imp.records, imp.accepted, imp.rejected, imp.duplicates) == (count, 0, count, 0)
    assert imports.progress(imp).rejected == count
    assert imports.causes(imp)[0].count == count
    assert (rows(), len(rejected(imp))) == ([], count)
    assert [path for path in files() if path.is_file()] == [storage.rejected_path(imp)]
    assert ActivityEntry.objects.filter(action="import_failed").count() == 1
    assert not ActivityEntry.objects.filter(action="import_done").exists()


def test_it_can_be_neither_retried_nor_undone(house: House) -> None:
    imp = house.done(as_lines([BAD]))
    assert not imp.can_retry and not imp.can_undo
    for step in (imports.retry, imports.undo):
        with pytest.raises(ImportStateError):
            house.ask(step, imp)


def test_its_rejects_outlast_what_is_kept_for_another_try(house: House, settings: Any) -> None:
    imp = house.done(as_lines([BAD] * 3))
    settings.UPLOAD_EXPIRES_HOURS = -1
    house.sweep()
    assert (len(rejected(imp)), imports.causes(imp)[0].count) == (3, 3)


def test_finished_twice_it_is_told_once(house: House) -> None:
    imp = house.done(as_lines([BAD]))
    house.do(("finish_import", imp.pk))
    imp.refresh_from_db()
    assert (imp.state, imp.error) == (State.FAILED, "The only record was rejected.")
    assert ActivityEntry.objects.filter(action="import_failed").count() == 1


def test_a_file_whose_records_are_all_there_is_done(house: House) -> None:
    house.done(as_list(records(10)))
    imp = house.done(as_list(records(10)))
    assert (imp.state, imp.accepted, imp.duplicates, imp.error) == (State.DONE, 0, 10, "")


def test_one_record_that_was_there_beside_rejects_is_done_with_rejects(house: House) -> None:
    house.done(as_list([record(1)]))
    imp = house.done(as_list([record(1), BAD]))
    assert (imp.state, imp.duplicates, imp.rejected) == (State.DONE_WITH_REJECTS, 1, 1)


def test_a_file_refused_while_it_is_unpacked_offers_no_retry(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("inspection.SAMPLE_BYTES", "form._SOURCE_BYTES", "form._FOREIGN_BYTES"):  # what the first look reads
        monkeypatch.setattr(f"interactions.ingest.imports.{name}", 1000)
    whole = packed(as_lines([record(number, user_id=str(hash(str(number)))) for number in range(2000)]))
    imp = house.done(whole[: len(whole) // 2])
    assert (imp.state, imp.can_retry) == (State.FAILED, False)


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"[]", 2, NO_RECORDS),
        (b"", 2, NO_RECORDS),
        (as_lines([BAD] * 3), 2, "All 3 records were rejected."),
        (as_lines([record(1), BAD]), 1, "rating"),
        (as_lines([record(1)]), 0, ""),
        (zipped({"a.json": as_lines([record(1)]), "README.txt": b"x"}), 0, "1 file in the archive has no JSON"),
        (b"{'type': 'like'}\n", 2, "The file holds Python dictionaries, not JSON: write them with json.dumps."),
        (as_lines([record(1), record(2, duration="3")]), 1, "Numbers are in quotes"),
    ],
)  # fmt: skip
def test_the_command_says_so_by_its_exit_code(
    house: House, content: bytes, code: int, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    class Presence:
        def wait(self, ended: Callable[[], bool], sweep: Callable[[], object]) -> None:
            house.carry()
            assert ended()

    monkeypatch.setattr(workers, "present", lambda: nullcontext(Presence()))

    def start(imp: Import, **options: Any) -> None:
        house.ask(started, imp, **options)

    started = imports.start
    monkeypatch.setattr(imports, "start", start)
    path = tmp_path / "week.json"
    path.write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        call_command("import_interactions", str(path), "--json")
    output, errors = capsys.readouterr()
    assert ended.value.code == code
    assert said in errors
    assert json.loads(output)["state"] == {0: "done", 1: "done_with_rejects", 2: "failed"}[code]
