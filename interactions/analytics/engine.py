"""The engine that answers questions: DuckDB, in this process, over the Parquet parts of a table.

Everything else speaks Ibis. For an environment that a cluster answers for, :func:`snapshot` gives one that asks it.
DuckDB is opened at the first question and never shared over a fork: its threads do not survive one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import duckdb
import ibis
import pyarrow as pa
from django.conf import settings

from dojo.cores import cores
from interactions import process_caches
from interactions.analytics.cluster import choice
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.tombstones import AHEAD, Moments, Tombstones
from interactions.warehouse.lake import Lake, Part, local
from interactions.warehouse.people import hidden
from interactions.warehouse.steady import DataSetBusy as DataSetBusy
from interactions.warehouse.steady import steady as until_steady

Found = TypeVar("Found")

_MEMORY = "1GB"  # beyond it DuckDB spills into the scratch folder; a question of 10 M records needs less

MOMENT: Final = "timestamp('UTC', 6)"

Expression = Callable[[ibis.Table], ibis.Table]

runs: Final[ContextVar[Callable[[ibis.Table], pa.Table]]] = ContextVar("runs", default=ibis.Table.to_pyarrow)
"""Runs an expression over the table at hand, whichever engine has it."""

# One question at a time in a process: each uses all cores already, and one connection
# may not be used by two threads at once.
_turn = threading.RLock()
_connection: ibis.BaseBackend | None = None


def agents_in(table: ibis.Table) -> list[str | None]:
    """The distinct user agents of ``table``, with None for records without one. Reads one column."""
    rows = runs.get()(table.select("user_agent").distinct())
    return list(rows["user_agent"].to_pylist())


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
    def pieces(self) -> tuple[Part, ...]:
        """What can be asked by itself: the parts, or for a cluster the whole table as if it were one."""
        return self.parts

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(str(path) for path in local(self.parts))

    def ask(self, expression: Expression, parts: Sequence[Part] | None = None) -> pa.Table:
        """The answer over these ``parts`` of its pieces, or all of them. Raises FileNotFoundError."""
        files = self.files if parts is None else [str(path) for path in local(parts)]
        return answer(files, self.hidden, expression)

    def computed(self, rows: ibis.Table, column: str) -> ibis.Table:
        """``rows``, which are about to be compared and sorted by a column, as the engine can do it."""
        return rows


def steady(environment: str, look: Callable[[Snapshot], Found]) -> Found:
    """What ``look`` finds in one version of the table: all that it asks is of that. Raises DataSetBusy."""
    return until_steady(lambda: look(snapshot(environment)))


def snapshot(environment: str) -> Snapshot:
    """What the table consists of now. Costs a few milliseconds: it reads the log, not the parts."""
    process_caches.watch()
    # In this order: whoever is no longer hidden is in no part of the versions that follow.
    people = hidden(environment)
    version, parts = Lake(environment).state()
    if choice.is_chosen(environment):
        from interactions.analytics.cluster.snapshot import ClusterSnapshot  # only where there is one

        return ClusterSnapshot(environment, version, tuple(parts), people)
    return Snapshot(environment, version, tuple(parts), people)


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

    Raises FileNotFoundError where a part has vanished.
    """
    try:
        with interactions(files, hidden) as table:
            return _connect().to_pyarrow(expression(table))
    except duckdb.IOException as error:
        raise FileNotFoundError(*files[:1]) from error


def answer_of(rows: pa.Table, expression: Expression) -> pa.Table:
    """Ask ``expression`` of ``rows`` themselves, which are no part of any table."""
    with _turn:
        return _connect().to_pyarrow(expression(ibis.memtable(rows)))


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
