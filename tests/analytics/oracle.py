"""The answers of the relational expressions on DuckDB, over records in memory."""

from __future__ import annotations

import ibis
import pyarrow as pa

from interactions.analytics.relational.answers import Answers
from interactions.analytics.relational.data import DataSet
from interactions.contract.tombstones import Tombstones

from .indexed import Indexed


class InMemory(Answers):
    """The records of ``table`` (of TABLE_SCHEMA), asked on an engine of the test's own."""

    environment, version = "production", 1

    def __init__(
        self, engine: ibis.BaseBackend, table: pa.Table, hidden: Tombstones, links: tuple[tuple[int, int], ...] = ()
    ) -> None:
        self._engine, self._table, self._hidden, self._links = engine, ibis.memtable(table), hidden, links

    def data(self) -> DataSet:
        return DataSet(self._table, self._hidden, links=self._links)

    def run(self, expression: ibis.Table) -> pa.Table:
        return self._engine.to_pyarrow(expression)


def oracle(
    engine: ibis.BaseBackend, table: pa.Table, hidden: Tombstones, links: tuple[tuple[int, int], ...] = ()
) -> Indexed:
    """Every question, asked of ``table``."""
    return Indexed(InMemory(engine, table, hidden, links))
