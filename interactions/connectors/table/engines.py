"""DuckDB for the threads that read one table: a connection for each, as they can't share one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


class Engines:
    """``zone`` is that of times without one. A context manager, which closes them all."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._own = threading.local()
        self._all: list[duckdb.DuckDBPyConnection] = []

    def mine(self) -> duckdb.DuckDBPyConnection:
        """This thread's connection."""
        import duckdb

        engine: duckdb.DuckDBPyConnection | None = getattr(self._own, "engine", None)
        if engine is None:
            engine = self._own.engine = duckdb.connect(config={"threads": 1})
            self._all.append(engine)
            engine.execute("SET TimeZone = ?", [self._zone])
        return engine

    def __enter__(self) -> Engines:
        return self

    def __exit__(self, *_: object) -> None:
        for engine in self._all:
            engine.close()
