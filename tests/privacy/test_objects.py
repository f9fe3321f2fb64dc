"""Erasures where files are objects: nothing of the person is left in the bucket, nor in a folder of this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interactions import exports
from interactions.analytics.filters import Filter
from interactions.ingest.imports import storage
from interactions.ingest.uploads import object_content
from interactions.models import DeletionRequest, Environment, Export, Import
from interactions.objects import Objects
from tests.ingest.imports.files import BAD, as_lines
from tests.ingest.imports.house import House, rejected
from tests.stores import ObjectServer

from .people import ANN, asked, crowd, erased, of_ann, settled, traces

State = Import.State
VERIFIED = DeletionRequest.State.VERIFIED


@pytest.fixture
def bucket(object_store: ObjectServer, settings: Any) -> Objects:
    settings.UPLOADS_URL = f"{object_store.bucket()}/dojo"
    return Objects(settings.UPLOADS_URL)


@pytest.fixture
def left(bucket: Objects, folders: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], list[str]]:
    """The objects, and the files of this machine, that hold the person."""

    def look() -> list[str]:
        folder = tmp_path_factory.mktemp("bucket")
        for key, _ in bucket.names():
            bucket.fetch(key, folder / key.replace("/", "_"))
        return traces(folder) + traces(folders)

    return look


def test_a_waiting_file_that_names_the_person_is_removed_with_what_a_killed_request_left(
    house: House, bucket: Objects, left: Callable[[], list[str]]
) -> None:
    named, other = house.given(as_lines([of_ann(1)])), house.given(as_lines(crowd()[1:3]))
    stray = object_content.ObjectContent(other.upload)
    stray.append(as_lines([of_ann(2)]))
    stray.settle()
    assert len(left()) == 3  # one of them is this node's copy
    assert erased(house).state == VERIFIED
    assert left() == []
    named.refresh_from_db()
    other.refresh_from_db()
    assert (named.state, other.state) == (State.CANCELLED, State.CHECKING)
    assert storage.has_file(other)


def test_a_request_while_an_import_runs_erases_what_was_read(house: House, left: Callable[[], list[str]]) -> None:
    imp = house.planned(as_lines([*crowd(), of_ann(1, type="rate", rating="five"), BAD]))
    tasks = house.queue[:]
    for task in tasks[: len(tasks) // 2]:
        house.do(task)
    assert any("parquet" in name for name in left())
    request = asked(house)
    house.carry("erase_people")
    request.refresh_from_db()
    assert [name for name in left() if "imports" in name] == []
    house.carried(imp)
    assert settled(house, request).state == VERIFIED
    assert (imp.state, imp.accepted, imp.rejected) == (State.DONE_WITH_REJECTS, 30, 12)
    assert left() == []


def test_refused_records_are_rewritten_without_the_person(house: House, left: Callable[[], list[str]]) -> None:
    imp = house.done(as_lines([*crowd(4), of_ann(9, type="rate", rating="five"), BAD]))
    assert len(rejected(imp)) == 2
    assert left()
    assert erased(house).state == VERIFIED
    assert left() == []
    assert len(rejected(imp)) == 1


def test_exports_from_before_are_removed(house: House, bucket: Objects, left: Callable[[], list[str]]) -> None:
    house.done(as_lines(crowd()))
    export: Export = house.ask(
        exports.begin, Environment.objects.get(slug="production"), Filter(), "jsonl", records=40, user=None
    )
    house.carry("write_export")
    export.refresh_from_db()
    assert export.state == Export.State.DONE, export.error
    with exports.file_path(export).open("rb") as file:
        assert file.read(2) == b"\x1f\x8b"
    assert not exports.storage.folder(export).exists()
    assert any("exports" in name for name in left())
    assert erased(house).state == VERIFIED
    assert left() == []
    export.refresh_from_db()
    assert export.state == Export.State.REMOVED


def test_a_draft_of_an_export_that_another_machine_ended_goes(house: House, bucket: Objects) -> None:
    house.done(as_lines(crowd()))
    export: Export = house.ask(
        exports.begin, Environment.objects.get(slug="production"), Filter(), "jsonl", records=40, user=None
    )
    exports.storage.folder(export).mkdir(parents=True)
    (exports.storage.folder(export) / "lost.draft").write_text(ANN)
    exports.storage._remove_ended()
    assert exports.storage.folder(export).exists()  # it waits, or is written here
    Export.objects.filter(pk=export.pk).update(state=Export.State.REMOVED)
    assert len(exports.storage._ended()) == 1
    exports.storage._remove_ended()
    assert not exports.storage.folder(export).exists()
