"""The engine that answers questions: DuckDB, in this process, over the Parquet parts of a table.

Everything else speaks Ibis. To ask another engine, change :func:`interactions` and nothing more.
DuckDB is opened at the first question and never shared over a fork: its threads do not survive one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import duckdb
import ibis
import pyarrow as pa
from django.conf import settings

from dojo.cores import cores
from interactions import process_caches
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.tombstones import AHEAD, Moments, Tombstones
from interactions.warehouse.lake import Lake, Part
from interactions.warehouse.people import hidden

_MEMORY = "1GB"  # beyond it DuckDB spills into the scratch folder; a question of 10 M records needs less

MOMENT: Final = "timestamp('UTC', 6)"

Remembered = MutableMapping[Any, Any]
Expression = Callable[[ibis.Table], ibis.Table]

# One question at a time in a process: each uses all cores already, and one connection
# may not be used by two threads at once.
_turn = threading.RLock()
_connection: ibis.BaseBackend | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The parts of one version of an environment's table, and whose rows in them nobody may see.

    ``version`` is -1 where there is no table.
    """

    environment: str
    version: int
    parts: tuple[Part, ...]
    hidden: Tombstones

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(str(part.path) for part in self.parts)

    @property
    def digest(self) -> str:
        """Equal where the same is seen."""
        words = (self.environment, str(self.version), self.hidden.digest, *self.files)
        return blake2b("\0".join(words).encode(), digest_size=16).hexdigest()


def snapshot(environment: str) -> Snapshot:
    """What the table consists of now. Costs a few milliseconds: it reads the log, not the parts."""
    process_caches.watch()
    # In this order: whoever is no longer hidden is in no part of the versions that follow.
    people = hidden(environment)
    version, parts = Lake(environment).state()
    return Snapshot(environment, version, tuple(parts), people)


def remembers(name: str, kept: Remembered) -> None:
    """Have what the engine's turn guards emptied by each erasure, once the question whose turn it is has ended."""

    def empty() -> None:
        with _turn:
            kept.clear()

    process_caches.register(name, empty, lambda: len(kept))


@contextmanager
def interactions(files: Sequence[str], hidden: Tombstones) -> Iterator[ibis.Table]:
    """The records in ``files`` as a table with the columns of TABLE_SCHEMA, usable inside ``with``.

    Those of ``hidden`` people are not in it.
    """
    with _turn:
        connection = _connect()
        if not files:
            yield ibis.memtable(TABLE_SCHEMA.empty_table())
        else:
            # A view, replaced by the next question's: nothing is read yet.
            table = connection.read_parquet(list(files), table_name="interactions")
            yield without(table, hidden) if hidden else table


def kept(expression: ibis.Table) -> ibis.Table:
    """``expression``, worked out now and once, for the question whose turn it is: it may go on with it several times.

    Raises duckdb.IOException where what it reads has vanished, as the question itself does.
    """
    return ibis.memtable(_connect().to_pyarrow(expression))


def without(table: ibis.Table, hidden: Tombstones) -> ibis.Table:
    """``table`` but for the records of ``hidden`` people that nobody may see."""
    table = _without_those_of(table, hidden.users, "user_key")
    return _without_those_of(table, hidden.anonymous, "anonymous_key", table.user_key.isnull())


def _without_those_of(table: ibis.Table, moments: Moments, column: str, *if_also: ibis.Value) -> ibis.Table:
    if not len(moments):
        return table
    people = ibis.memtable(pa.table({"person": moments.keys, "until": moments.until}))
    dated, received = epoch_us(table.timestamp), epoch_us(table.received_at)
    is_theirs = (ibis.least(dated, received) <= people.until) | (dated - received > AHEAD)
    return table.anti_join(people, [table[column] == people.person, is_theirs, *if_also])


@ibis.udf.scalar.builtin(signature=((MOMENT,), "int64"))
def epoch_us(moment: Any) -> Any:
    """Microseconds since 1970: the engine's own function, much faster than its cutting of timestamps."""


def answer(files: Sequence[str], hidden: Tombstones, expression: Expression) -> pa.Table:
    """Ask ``expression`` of the records in ``files`` that are not of ``hidden`` people.

    Raises :class:`PartsGone` where a part has vanished.
    """
    try:
        with interactions(files, hidden) as table:
            return _connect().to_pyarrow(expression(table))
    except duckdb.IOException as error:
        raise PartsGone from error


def of_people(table: ibis.Table, hidden: Tombstones) -> ibis.Table:
    """The rows of people who are ``hidden``, whenever they are of: some of them may be seen."""
    users, alone = _keys(hidden.users), _keys(hidden.anonymous)
    return ibis.union(
        table.semi_join(users, [table.user_key == users.person]),
        table.semi_join(alone, [table.anonymous_key == alone.person, table.user_key.isnull()]),
    )


def not_of_people(table: ibis.Table, hidden: Tombstones) -> ibis.Table:
    """The rows of all others."""
    users, alone = _keys(hidden.users), _keys(hidden.anonymous)
    table = table.anti_join(users, [table.user_key == users.person])
    return table.anti_join(alone, [table.anonymous_key == alone.person, table.user_key.isnull()])


def _keys(moments: Moments) -> ibis.Table:
    return ibis.memtable(pa.table({"person": moments.keys}))


class Reading:
    """Tables over files, for the question whose turn it is."""

    def __init__(self, connection: ibis.BaseBackend) -> None:
        self._connection = connection
        self._views = 0

    def records(self, files: Sequence[str], hidden: Tombstones | None = None) -> ibis.Table:
        """The records in ``files``, with the columns of TABLE_SCHEMA, but for those of ``hidden`` people."""
        if not files:
            return ibis.memtable(TABLE_SCHEMA.empty_table())
        table = self.rows(files)
        return without(table, hidden) if hidden else table

    def rows(self, files: Sequence[str | Path], *, named: bool = False) -> ibis.Table:
        """What is in some Parquet files of equal columns; with ``named`` also the ``filename`` of each row's."""
        self._views += 1
        view = f"rows_{self._views}"  # replaced by the next question's: nothing is read yet
        return self._connection.read_parquet([str(file) for file in files], table_name=view, filename=named)

    def summed(self, files: Sequence[Path], schema: ibis.Schema) -> ibis.Table:
        """As :meth:`rows`, of columns that are known: the engine need not open the files twice."""
        listed = ", ".join("'{}'".format(str(file).replace("'", "''")) for file in files)
        return self._connection.sql(f"SELECT * FROM read_parquet([{listed}])", schema=schema)  # noqa: S608 - our own names

    def answer(self, expression: ibis.Table) -> pa.Table:
        return self._connection.to_pyarrow(expression)

    def write(self, expression: ibis.Table, path: Path) -> None:
        """Write an answer as a Parquet file. Raises FileNotFoundError where the folder is gone."""
        try:
            self._connection.to_parquet(expression, path, compression="zstd")
        except duckdb.IOException as error:
            if not path.parent.exists():
                raise FileNotFoundError(path) from error
            raise


@contextmanager
def reading() -> Iterator[Reading]:
    """The engine, for this thread alone. Raises :class:`PartsGone` where a file has vanished."""
    with _turn:
        try:
            yield Reading(_connect())
        except duckdb.IOException as error:
            raise PartsGone from error


def answer_of(rows: pa.Table, expression: Expression) -> pa.Table:
    """Ask ``expression`` of ``rows`` themselves, which are no part of any table."""
    with _turn:
        return _connect().to_pyarrow(expression(ibis.memtable(rows)))


class PartsGone(Exception):
    """A part was removed while it was to be read: the table has a newer version."""


def _connect() -> ibis.BaseBackend:
    global _connection
    if _connection is None:
        scratch = settings.SCRATCH_DIR / "duckdb"
        scratch.mkdir(parents=True, exist_ok=True)
        _connection = ibis.duckdb.connect(
            threads=cores(),
            memory_limit=_MEMORY,
            temp_directory=str(scratch),
            preserve_insertion_order=False,
        )
        _connection.raw_sql("SET TimeZone = 'UTC'")
    return _connection


_inherited: list[object] = []


def _after_fork() -> None:
    global _turn, _connection
    _turn = threading.RLock()
    _inherited.append(_connection)  # never closed here: that would touch threads that only the parent has
    _connection = None


os.register_at_fork(after_in_child=_after_fork)
