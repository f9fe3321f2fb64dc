"""The disk full to the last byte: what is asked is refused with a word, what runs waits, and all goes on by itself."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from interactions import exports, tasks
from interactions.analytics.filters import Filter
from interactions.disk import PAUSED, is_full
from interactions.errors import DiskFull
from interactions.exports import write
from interactions.ingest import imports
from interactions.ingest.imports import removal
from interactions.models import DeletionRequest, Environment, Export, Import
from interactions.privacy import erasure
from tests import cast
from tests.ingest.imports.files import as_lines, records
from tests.ingest.imports.house import House, silent, users
from tests.ingest.uploads.tus import RECORDS, Tus
from tests.privacy.people import ANN, asked, crowd

FULL = OperationalError("database or disk is full")
MISSING = OSError(28, "No space left on device")


def full(*arguments: Any, **more: Any) -> Any:
    raise MISSING


def test_a_full_disk_is_known_whoever_says_so(tmp_path: Path):
    database = sqlite3.connect(tmp_path / "database")
    database.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as sqlite_says:
        database.execute("CREATE TABLE long AS SELECT randomblob(100000)")
    with pytest.raises(OSError) as system_says, Path("/dev/full").open("wb", buffering=0) as device:  # noqa: PT011
        device.write(b"a byte")
    wrapped = RuntimeError("The part could not be written.")
    wrapped.__cause__ = MISSING
    for error in (sqlite_says.value, system_says.value, wrapped, FULL, DiskFull(PAUSED)):
        assert is_full(error), error
    for other in (None, OSError(2, "No such file"), OperationalError("database is locked"), ValueError("full")):
        assert not is_full(other), other


def test_an_upload_is_answered_507_where_the_database_has_no_room(db: None, monkeypatch: pytest.MonkeyPatch):
    def refuses(*arguments: Any, **more: Any) -> Any:
        raise FULL

    tus = Tus(cast.analyst("ann"))
    address = tus.created(len(RECORDS))
    with monkeypatch.context() as patch:
        patch.setattr("interactions.ingest.uploads.receive._keep", refuses)
        answer = tus.patch(address, 0, RECORDS)
        assert (answer.status_code, "server's disk is full" in answer.content.decode()) == (507, True)
        patch.setattr("interactions.ingest.imports.begin", refuses)
        assert tus.create(10).status_code == 507
    assert tus.patch(address, 0, RECORDS).status_code == 204


def test_a_new_upload_is_answered_507_where_nothing_is_free(db: None, settings: Any):
    settings.DISK_RESERVE_BYTES = 1 << 60
    assert Tus(cast.analyst("ann")).create(10).status_code == 507


def test_a_page_says_that_the_disk_is_full(db: None, monkeypatch: pytest.MonkeyPatch):
    def refuses(*arguments: Any, **more: Any) -> Any:
        raise FULL

    client = Client(raise_request_exception=False)
    client.force_login(cast.analyst("ann"))
    monkeypatch.setattr("interactions.ingest.imports.create_sample", refuses)
    answer = client.post(reverse("import_new", args=["production"]), {"action": "sample"})
    assert answer.status_code == 503
    assert "The server's disk is full" in answer.content.decode()


def test_an_undo_waits_for_room(house: House, monkeypatch: pytest.MonkeyPatch):
    imp = house.done(as_lines(records(5)))
    client = Client()
    client.force_login(cast.analyst("ann"))
    house.ask(imports.undo, imp)
    with monkeypatch.context() as patch:
        patch.setattr(removal, "remove_import", full)
        house.carry()
    imp.refresh_from_db()
    assert (imp.phase, imp.error, len(users())) == (Import.Phase.UNDOING, PAUSED, 5)
    assert PAUSED in client.get(reverse("import_detail", args=["production", imp.pk])).content.decode()
    silent(imp)
    house.sweep()
    house.carried(imp)
    assert (imp.state, imp.error, users()) == (Import.State.UNDONE, "", [])


def test_an_erasure_waits_for_room_and_its_people_stay_hidden(house: House, monkeypatch: pytest.MonkeyPatch):
    house.done(as_lines(crowd()))
    request = asked(house)
    with monkeypatch.context() as patch:
        patch.setattr(erasure, "_erase_most", full)
        house.carry()
    request.refresh_from_db()
    assert (request.state, request.error) == (DeletionRequest.State.ERASING, PAUSED)
    DeletionRequest.objects.update(heartbeat_at="2020-01-01T00:00:00Z")
    with house.at_work():
        tasks.sweep_erasures()
    house.carry()
    request.refresh_from_db()
    assert (request.state, request.error) == (DeletionRequest.State.VERIFIED, "")
    assert ANN not in users()


def test_an_export_waits_for_more_room_than_it_had(house: House, monkeypatch: pytest.MonkeyPatch, settings: Any):
    house.done(as_lines(records(20)))
    given = Environment.objects.get(slug="production"), Filter(), "jsonl"
    export = house.ask(exports.begin, *given, records=20, user=None)
    monkeypatch.setattr(write, "free_bytes", lambda: 0)
    house.carry("write_export")
    export.refresh_from_db()
    assert (export.state, export.error) == (Export.State.WAITING, PAUSED)

    def swept() -> list[Any]:
        Export.objects.update(heartbeat_at=None, created_at="2020-01-01T00:00:00Z")
        house.queue.clear()
        with house.at_work():
            tasks.sweep_exports()
        return house.queue

    settings.DISK_RESERVE_BYTES = 1 << 60
    assert swept() == []
    settings.DISK_RESERVE_BYTES = 0
    assert swept() == [("write_export", export.pk)]
    monkeypatch.undo()
    house.carry("write_export")
    export.refresh_from_db()
    assert (export.state, export.error, export.records) == (Export.State.DONE, "", 20)
