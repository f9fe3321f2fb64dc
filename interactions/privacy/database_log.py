"""Remove deleted rows from the database's files: its tables, which are rewritten, and its write-ahead log."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import psycopg
from django.db import OperationalError, connection

from interactions.errors import DojoError

_SECONDS: Final = 30.0  # spent on a table
_PAUSE: Final = 0.2
_LOCK_SECONDS: Final = 2  # that live records may have to wait
_MB: Final = 1 << 20


class StillRead(DojoError):
    """The database still has erased rows, because an earlier transaction can still read them."""


def clear(tables: Sequence[str]) -> None:
    """Remove the deleted rows of these tables from the database's files.

    SQLite overwrites freed space, so only its write-ahead log has to be emptied. PostgreSQL leaves deleted rows in the
    table's files, so these tables are rewritten with their indexes. Does nothing within a transaction, where neither is
    possible. Raises StillRead.
    """
    if connection.in_atomic_block:
        return
    if connection.vendor == "sqlite":
        _until(
            _is_log_empty,
            "The database's log can't be emptied yet: it's being read. The erasure continues automatically.",
        )
    elif connection.vendor == "postgresql":
        for table in tables:
            _until(
                partial(_is_written_anew, table),
                f"PostgreSQL can't remove deleted rows from {table}: a transaction from before is still "
                "open, perhaps a backup. The erasure continues automatically.",
            )


def _until(done: Callable[[], bool], sentence: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise StillRead(sentence)
        time.sleep(_PAUSE)


def _is_log_empty() -> bool:
    with connection.cursor() as cursor:
        return not cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]


def _is_written_anew(table: str) -> bool:
    """Rewrite the table; returns whether the new files have no deleted rows.

    A plain VACUUM would leave the bytes of such rows in the free space of pages. Its notices have the number of rows
    kept for earlier transactions, which is found in any language.
    """
    kept: list[int] = []

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        if number := re.search(r"\d+", notice.message_detail or ""):
            kept.append(int(number[0]))

    with connection.cursor() as cursor:
        line = connection.connection
        line.add_notice_handler(hear)
        try:
            cursor.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'")
            cursor.execute(f"VACUUM (FULL, VERBOSE) {connection.ops.quote_name(table)}")
        except OperationalError as error:
            if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                raise
            return False
        finally:
            line.remove_notice_handler(hear)
            cursor.execute("RESET lock_timeout")
    return bool(kept) and not any(kept)


@dataclass(frozen=True, slots=True)
class _Wal:
    """PostgreSQL's write-ahead log: its position, and its maximum size in bytes."""

    position: str
    until: str
    size: int
    is_archived: bool
    slots: int


def what_is_kept() -> dict[str, Any]:
    """For a receipt: how long the write-ahead log can still contain erased data; ``says`` has it as a sentence.

    On PostgreSQL, ``held_until_position`` is the position after which all of it is overwritten; None if the log is
    archived or kept for a replica.
    """
    if connection.vendor != "postgresql":
        return {"database": "SQLite", "says": "Emptied after the erasure."}
    wal = _read_wal()
    says = [f"May contain erased data until another {wal.size / _MB:,.0f} MB has been written to the database."]
    if wal.is_archived:
        says.append("Archived copies contain it until they're removed (archive_mode is on).")
    if wal.slots:
        says.append("A replication slot may keep it for longer.")
    return {
        "database": "PostgreSQL",
        "says": " ".join(says),
        "position": wal.position,
        "held_until_position": None if wal.is_archived or wal.slots else wal.until,
    }


# Files of the log are renamed for reuse, so a byte can remain for twice the maximum size.
_WAL: Final = """
WITH log AS (
    SELECT pg_size_bytes(current_setting('max_wal_size'))
             * CASE current_setting('wal_recycle') WHEN 'on' THEN 2 ELSE 1 END
         + pg_size_bytes(current_setting('wal_keep_size'))
         + pg_size_bytes(current_setting('wal_segment_size')) * 2 AS size,
           pg_current_wal_insert_lsn() AS position
)
SELECT position::text, (position + size::numeric)::text, size, current_setting('archive_mode') <> 'off',
       (SELECT count(*) FROM pg_replication_slots)
  FROM log
"""


def _read_wal() -> _Wal:
    with connection.cursor() as cursor:
        cursor.execute(_WAL)
        return _Wal(*cursor.fetchone())
