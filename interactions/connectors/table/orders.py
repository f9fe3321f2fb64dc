"""Check-outs whose order stands in several rows, held on disk until all rows were read, and written as one each."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from interactions.connectors.table.mapping import Mapping, is_list
from interactions.connectors.table.statement import UUID, Bound, Statement, record_of

if TYPE_CHECKING:
    import duckdb

_ROWS_AT_ONCE: Final = 500_000
_MEMORY: Final = "512MB"
_UUID: Final = "table:order:"


class Orders:
    """The rows of check-outs that name an order. A context manager: what is held goes with it."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._statement: Statement | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="dojo-orders-")
        self._engine: duckdb.DuckDBPyConnection | None = None
        self.rows = 0

    def __enter__(self) -> Orders:
        return self

    def __exit__(self, *_: object) -> None:
        if self._engine is not None:
            self._engine.close()
        self._folder.cleanup()

    def hold(self, statement: Statement, rows: Any) -> None:
        """Hold rows: those of the statement, with the columns ``number`` and ``order_id``."""
        import duckdb

        if self._engine is None:
            place = Path(self._folder.name)
            self._engine = duckdb.connect(
                str(place / "orders"), config={"threads": 1, "memory_limit": _MEMORY, "temp_directory": str(place)}
            )
            self._engine.execute("SET TimeZone = ?", [self._mapping.times.zone or "UTC"])
            columns = ", ".join(f"f{place} VARCHAR" for place in range(len(statement.fields)))
            self._engine.execute(f"CREATE TABLE held (order_id VARCHAR, number BIGINT, {columns})")
        self._statement = statement
        self._engine.register("rows", rows)
        sql = f"INSERT INTO held SELECT order_id, number, {statement.values} FROM rows"  # noqa: S608 - our own names
        self._engine.execute(sql, list(statement.bound))
        self._engine.unregister("rows")
        self.rows += rows.num_rows

    def lines(self) -> Iterator[tuple[Any, Any]]:
        """The records and the numbers of their first rows, some at a time."""
        if self._engine is None or self._statement is None:
            return
        shares = self.rows // _ROWS_AT_ONCE + 1
        for share in range(shares):
            bound = Bound([shares, share])
            sql = self._sql(self._statement, bound)
            found = self._engine.execute(sql, list(bound)).to_arrow_table()
            if found.num_rows:
                yield found["line"], found["number"]

    def _sql(self, statement: Statement, bound: Bound) -> str:
        names = {field: f"f{place}" for place, field in enumerate(statement.fields)}
        gathered = ", ".join(f"{self._gathered(field, name)} AS {name}" for field, name in names.items())
        if UUID not in names:
            names[UUID] = f"to_json({bound.add(_UUID)} || order_id)"
        return (
            f"SELECT {record_of(names, bound)} || chr(10) AS line, number FROM ("  # noqa: S608 - our own names
            f"SELECT order_id, min(number) AS first, {gathered} FROM held WHERE hash(order_id) % $1 = $2 "
            f"GROUP BY order_id) AS gathered(order_id, number, {', '.join(f'f{place}' for place in range(len(statement.fields)))}) "
            "ORDER BY number"
        )

    def _gathered(self, field: str, name: str) -> str:
        """What an order has in a field that stands in several rows."""
        first = f"first({name} ORDER BY number) FILTER ({name} IS NOT NULL)"
        if field == "revenue" and not self._mapping.order_total:
            unread = f"first({name} ORDER BY number) FILTER (TRY_CAST({name} AS DOUBLE) IS NULL AND {name} IS NOT NULL)"
            # Sums of decimals have no noise behind the last digit, as those of doubles do.
            total = f"CAST(CAST(sum(TRY_CAST({name} AS DECIMAL(38, 6))) AS DOUBLE) AS VARCHAR)"
            return f"coalesce({unread}, {total}, {first})"
        if is_list(field):
            joined = f"'[' || string_agg(substr({name}, 2, len({name}) - 2), ',' ORDER BY number) || ']'"
            if field == "quantities":  # one for each product, or none
                return f"CASE WHEN count({name}) = count(*) THEN {joined} END"
            return joined
        return first
