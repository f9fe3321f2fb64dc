"""Back up and restore the database: take a snapshot while the tables' locks are held, and copy it afterwards."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

from django.db import connection, connections

from interactions.backup.manifest import POSTGRES, SQLITE, BackupError

Write: TypeAlias = Callable[[Path], Path]
_BUSY_SECONDS: Final = 30.0
# PostgreSQL's programs get these from the environment, so that no password is in a command line.
_VARIABLES: Final = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


@contextmanager
def pinned() -> Iterator[Write]:
    """A context with a snapshot of the database, which others can still write to.

    It yields a function that writes the snapshot into a folder and returns the file. Erasures wait for the context to
    end, so it mustn't take long. The function raises FileNotFoundError if the folder was removed meanwhile, and
    BackupError for other failures. Raises BackupError if PostgreSQL's programs are missing.
    """
    with (_pinned_sqlite if connection.vendor == "sqlite" else _pinned_postgres)() as write:
        yield write


@contextmanager
def _pinned_sqlite() -> Iterator[Write]:
    path = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as source:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM django_migrations").fetchone()  # the snapshot is taken by the first read

        def write(folder: Path) -> Path:
            target = folder / SQLITE
            try:
                with closing(sqlite3.connect(target)) as copy:
                    source.backup(copy)
                    copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            except sqlite3.OperationalError as error:
                if not folder.exists():
                    raise FileNotFoundError(f"{folder} was removed.") from error
                raise BackupError(f"The database can't be copied: {error}.") from error
            return target

        yield write


@contextmanager
def _pinned_postgres() -> Iterator[Write]:
    _require("pg_dump")
    import psycopg

    with psycopg.connect(**_parameters()) as source:
        source.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = source.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None  # noqa: S101 - a function answers with a row
        snapshot = str(row[0])

        def write(folder: Path) -> Path:
            target = folder / POSTGRES
            _run("pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={target}")
            return target

        yield write


def is_empty() -> bool:
    """Whether there is no database where this one would be restored."""
    if connection.vendor == "sqlite":
        return not Path(connection.settings_dict["NAME"]).exists()
    return not connection.introspection.table_names()


def put_back(file: Path) -> None:
    """Restore the database from ``file``; SQLite's replaces the existing one. Raises BackupError."""
    connections.close_all()
    if connection.vendor == "sqlite":
        shutil.move(file, connection.settings_dict["NAME"])
        return
    _require("pg_restore")
    _run(
        "pg_restore",
        "--no-owner",
        "--single-transaction",
        "--exit-on-error",
        f"--dbname={_parameters()['dbname']}",
        str(file),
    )
    file.unlink()


def kind() -> str:
    """The name of the database's file in a backup, which depends on the engine."""
    return SQLITE if connection.vendor == "sqlite" else POSTGRES


def _parameters() -> dict[str, Any]:
    return {name: value for name, value in connection.get_connection_params().items() if name in _VARIABLES}


def _run(program: str, *arguments: str) -> None:
    env = {_VARIABLES[name]: str(value) for name, value in _parameters().items() if value}
    done = subprocess.run(  # noqa: S603 - our own line
        [str(shutil.which(program)), *arguments], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupError(f"{program} failed: {' '.join(done.stderr.split())[:500]}")


def _require(program: str) -> None:
    if shutil.which(program) is None:
        raise BackupError(f"{program} isn't installed: apt install postgresql-client.")
