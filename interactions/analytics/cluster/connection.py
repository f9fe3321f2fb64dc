"""A connection to a cluster over Spark Connect: one session for each process, opened at the first question.

``pyspark`` is imported lazily: it's an extra, takes 60 MB, and its channel doesn't survive a fork. Every call has a
deadline. A session that failed is given up; where it had worked before, its server may have been restarted, so the
question is asked once more in a new one. What the engine says of an error isn't logged: it may quote the question,
and that may name people.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

import ibis
import pyarrow as pa
from django.conf import settings

from interactions.analytics.cluster.dialect import sql_of, tables_in_memory
from interactions.analytics.cluster.errors import ClusterAway, ClusterRefused, ClusterSlow, SparkClientMissing

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession

logger = logging.getLogger(__name__)

_QUOTING: Final = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")  # they log the query itself
_AWAY: Final = ("UNAVAILABLE", "UNAUTHENTICATED", "PERMISSION_DENIED")


@dataclass(frozen=True, slots=True)
class TableAddress:
    """Where the cluster finds a table: the ``url`` of its folder, and which ``version`` of it."""

    url: str
    version: int


_turn = threading.Lock()
_session: SparkSession | None = None
_inherited: list[object] = []


def run(expression: ibis.Table, sources: Mapping[str, TableAddress]) -> pa.Table:
    """The rows of ``expression``, with its types, over tables that it calls by the names in ``sources``.

    Raises ClusterUnavailable.
    """
    session, is_new = _opened()
    sql, memory = sql_of(expression), tables_in_memory(expression)
    try:
        found = _asked(session, sql, memory, sources)
    except _failures() as error:
        _give_up(session)
        if is_new or _code(error) == "DEADLINE_EXCEEDED":
            _refuse(error)
        session, _ = _opened()
        try:
            found = _asked(session, sql, memory, sources)
        except _failures() as again:
            _give_up(session)
            _refuse(again)
    return found.cast(_nullable(expression.schema().to_pyarrow()))


def close() -> None:
    """End the session of this process, if it has one."""
    if _session is not None:
        _give_up(_session)


def _asked(
    session: SparkSession, sql: str, memory: Mapping[str, pa.Table], sources: Mapping[str, TableAddress]
) -> pa.Table:
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.plan import LocalRelation
    from pyspark.sql.pandas.types import from_arrow_schema

    made: list[str] = []
    try:
        for name, table in memory.items():
            made.append(name)
            # Not createDataFrame, which asks for settings that only some servers have.
            schema = None if len(table) else from_arrow_schema(table.schema).json()
            relation = LocalRelation(table if len(table) else None, schema)
            DataFrame(relation, session).createOrReplaceTempView(name)
        for name, source in sources.items():
            made.append(name)
            reader = session.read.format("delta").option("versionAsOf", source.version)
            reader.load(source.url).createOrReplaceTempView(name)
        return session.sql(sql).toArrow()
    finally:
        for name in made:
            with suppress(Exception):  # its session may have ended, and what it held with it
                session.catalog.dropTempView(name)


def _opened() -> tuple[SparkSession, bool]:
    """The session, and whether it was opened just now."""
    global _session
    with _turn:
        if _session is not None:
            return _session, False
        try:
            session = _open()
        except ModuleNotFoundError as error:
            raise SparkClientMissing from error
        except _failures() as error:
            _refuse(error)
        _session = session
        return session, True


def _open() -> SparkSession:
    from pyspark.sql.connect.client.core import DefaultChannelBuilder
    from pyspark.sql.connect.client.retries import DefaultPolicy
    from pyspark.sql.connect.session import SparkSession

    from interactions.analytics.cluster.deadlines import Deadlines

    for name in _QUOTING:
        logging.getLogger(name).disabled = True
    channel = DefaultChannelBuilder(settings.ENGINE_URL)
    channel.add_interceptor(Deadlines(settings.ENGINE_TIMEOUT_SECONDS))
    session = SparkSession(connection=channel)
    client = session.client
    atexit.unregister(client._cleanup_ml_cache)  # a process that ends doesn't wait for the server
    client.set_retry_policies([DefaultPolicy(max_retries=2, initial_backoff=100, max_backoff=1000)])
    client.disable_reattachable_execute()  # its calls would outlive the deadline
    session.conf.set("spark.sql.session.timeZone", "UTC")
    return session


def _give_up(session: SparkSession) -> None:
    global _session
    with _turn:
        if _session is session:
            _session = None
    with suppress(Exception):
        session.client.close()


def _failures() -> tuple[type[Exception], ...]:
    """The exceptions of the client; ValueError if another thread closed the channel meanwhile."""
    import grpc
    from pyspark.errors import PySparkException

    return PySparkException, grpc.RpcError, ValueError


def _refuse(error: Exception) -> NoReturn:
    code = _code(error)
    logger.warning("The query engine gave no answer: %s, %s", type(error).__name__, code or "no code")
    if code == "DEADLINE_EXCEEDED":
        raise ClusterSlow from None
    raise (ClusterAway if code in _AWAY else ClusterRefused) from None


def _code(error: BaseException | None) -> str:
    """The gRPC status of an error, or of what caused it; empty where it has none."""
    while error is not None:
        for name in ("getGrpcStatusCode", "code"):
            status = getattr(error, name, None)
            found = status() if callable(status) else None
            if found is not None and getattr(found, "name", "UNKNOWN") != "UNKNOWN":
                return str(found.name)
        error = error.__cause__ or error.__context__
    return ""


def _nullable(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in schema])


def _after_fork() -> None:
    global _turn, _session
    _turn = threading.Lock()
    _inherited.append(_session)  # never closed here: its threads are the parent's
    _session = None


os.register_at_fork(after_in_child=_after_fork)
