"""A database that can't be reached is told apart from one that refuses, and pages say which it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.utils import ConnectionHandler
from django.test import Client
from django.urls import reverse

from dojo.database import is_away
from tests import cast
from tests.processes import free_port

POSTGRES = {"ENGINE": "django.db.backends.postgresql", "NAME": "dojo", "HOST": "127.0.0.1"}


def asked(**settings: Any) -> DatabaseError:
    """What is raised where a database with these settings is asked."""
    with pytest.raises(DatabaseError) as raised:
        ConnectionHandler({"default": settings})["default"].ensure_connection()
    return raised.value


def test_a_server_that_is_not_there_is_away(db: None) -> None:
    assert is_away(asked(**POSTGRES, PORT=str(free_port())))


def test_a_file_that_cannot_be_opened_is_away(db: None, tmp_path: Path) -> None:
    assert is_away(asked(ENGINE="django.db.backends.sqlite3", NAME=str(tmp_path / "gone" / "dojo.sqlite3")))


def test_a_statement_that_is_refused_is_no_sign_of_that(db: None) -> None:
    with pytest.raises(DatabaseError) as raised, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM nowhere")
    assert not is_away(raised.value)
    assert not is_away(ValueError())


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server that could end a connection.")
@pytest.mark.django_db(transaction=True)
def test_a_server_that_ends_the_connection_is_away() -> None:
    with pytest.raises(DatabaseError) as raised, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close()
    assert is_away(raised.value)


def test_a_page_says_so_instead_of_something_went_wrong(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*arguments: Any, **more: Any) -> Any:
        ConnectionHandler({"default": {**POSTGRES, "PORT": str(free_port())}})["default"].ensure_connection()

    client = Client(raise_request_exception=False)
    client.force_login(cast.analyst("ann"))
    monkeypatch.setattr("interactions.ingest.imports.create_sample", refuses)
    answer = client.post(reverse("import_new", args=["production"]), {"action": "sample"})
    assert answer.status_code == 503
    assert "The database doesn't answer" in answer.content.decode()
