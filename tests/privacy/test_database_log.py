"""Nothing of a removed row is left in the database's files, and the receipt says how long its log may hold it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from django.apps import apps
from django.db import connection, connections, models

from interactions.models import Environment, InboxEntry
from interactions.privacy import database_log
from interactions.privacy.database_log import StillRead
from interactions.privacy.stores import STORES
from tests import postgres
from tests.committed import committed, production

__all__ = ["committed", "production"]

on_postgres = pytest.mark.skipif(not postgres.is_chosen(), reason="about PostgreSQL alone")
INBOX = InboxEntry._meta.db_table
# Of the tables that name people, the texts that don't.
WITHOUT_NAMES = {
    "interactions.Block": {"state", "claim"},
    "interactions.Problem": {"rule"},
    "interactions.RequestedPerson": {"types"},
    "interactions.RequestedLetter": {"asked_by"},
    "interactions.KeptEvent": {"outcome", "place"},
    "interactions.EventType": {"source", "type"},
    "interactions.SourceMapping": {"name", "shape"},  # the name is the analyst's, the shape a hash
    "interactions.Import": {
        "source",
        "state",
        "phase",
        "file_name",
        "format",
        "compression",
        "connector",
        "zone",
        "error",
    },
    "interactions.SavedView": {"page"},
    "interactions.ShareLink": {"page", "panel", "allowed_origins", "digest"},
    "interactions.Export": {"state", "format", "narrowed_by", "claim", "error"},
    "interactions.ExportSchedule": {"format", "every", "time_zone", "narrowed_by", "token"},
}


@pytest.fixture
def removed(production: Environment) -> str:
    """What a row said that is gone, in a table with others that stay."""
    said = f"somebody-{uuid4()}"
    for text in ("stays", said, "stays, too"):
        InboxEntry.objects.create(
            environment=production, received_at="2026-05-04T12:00:00Z", records=1, text=text.encode()
        )
    InboxEntry.objects.filter(text=said.encode()).delete()
    return said


@pytest.fixture
def reader() -> Iterator[psycopg.Connection]:
    """Somebody else's transaction, from before the row was removed."""
    with psycopg.connect(postgres.url(connection.settings_dict["NAME"])) as line:
        line.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        line.execute("SELECT count(*) FROM django_migrations")
        yield line
        line.rollback()


def is_in(folder: str, text: str) -> bool:
    return any(text.encode() in path.read_bytes() for path in postgres.files(folder))


@on_postgres
def test_nothing_of_a_removed_row_is_left_in_the_files_of_its_table(removed: str) -> None:
    assert is_in("base", removed)  # PostgreSQL keeps it until the table is written anew
    database_log.clear([INBOX])
    assert not is_in("base", removed)
    assert InboxEntry.objects.count() == 2


@on_postgres
def test_while_somebody_reads_what_was_before_the_erasure_waits(
    reader: psycopg.Connection, removed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_log, "_SECONDS", 0.3)
    with pytest.raises(StillRead, match="remove deleted rows from interactions_inboxentry"):
        database_log.clear([INBOX])
    assert is_in("base", removed)
    reader.rollback()
    database_log.clear([INBOX])
    assert not is_in("base", removed)


@on_postgres
def test_a_table_that_somebody_holds_keeps_live_records_waiting_for_a_moment_alone(
    production: Environment, reader: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wants the whole table is before everybody who comes after, so it gives up, and they go on."""
    monkeypatch.setattr(database_log, "_SECONDS", 0.1)
    reader.execute(f"SELECT count(*) FROM {INBOX}")
    stored = threading.Event()

    def store() -> None:
        InboxEntry.objects.create(environment=production, received_at="2026-05-04T12:00:00Z", records=1, text=b"1")
        connections.close_all()
        stored.set()

    other = threading.Timer(0.2, store)
    other.start()
    with pytest.raises(StillRead):
        database_log.clear([INBOX])
    assert stored.wait(20)
    other.join()


@on_postgres
@pytest.mark.django_db
def test_postgresql_takes_no_samples_of_columns_that_name_people() -> None:
    """They would be in its catalog, where no erasure reaches them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attrelid::regclass::text, attname FROM pg_attribute WHERE attstattarget = 0 AND attnum > 0"
        )
        without = set(cursor.fetchall())
    texts = (models.CharField, models.TextField, models.BinaryField, models.JSONField)
    for label in {held for store in STORES for held in store.holds if held.startswith("interactions.")}:
        meta = apps.get_model(label)._meta
        naming = {field.column for field in meta.fields if isinstance(field, texts)} - WITHOUT_NAMES.get(label, set())
        assert {(meta.db_table, column) for column in naming} <= without, label


@on_postgres
def test_the_log_holds_a_removed_row_no_longer_than_the_receipt_says(removed: str) -> None:
    told = database_log.what_is_kept()
    assert told["says"] == "May contain erased data until another 130 MB has been written to the database."
    assert is_in("pg_wal", removed)
    with postgres.as_superuser() as server:
        for _ in range(131):
            server.execute("SELECT pg_logical_emit_message(false, 'test', repeat('x', 1 << 20))")
        passed = server.execute("SELECT pg_current_wal_lsn() > %s::pg_lsn", [told["held_until_position"]]).fetchone()
    assert passed == (True,)
    assert not is_in("pg_wal", removed)


@on_postgres
def test_an_archive_and_replicas_are_named_as_they_hold_it_for_longer(production: Environment) -> None:
    with postgres.as_superuser() as server:
        server.execute("SELECT pg_create_physical_replication_slot('replica')")
        try:
            told = database_log.what_is_kept()
        finally:
            server.execute("SELECT pg_drop_replication_slot('replica')")
    assert told["says"].endswith("A replication slot may keep it for longer.")
    assert told["held_until_position"] is None


@pytest.mark.skipif(postgres.is_chosen(), reason="about SQLite alone")
@pytest.mark.django_db
def test_sqlite_says_that_its_log_is_emptied() -> None:
    assert database_log.what_is_kept() == {"database": "SQLite", "says": "Emptied after the erasure."}
