"""Combine the rows of each order into one check-out. Rows are stored on disk until all of them are read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from interactions.connectors.table.mapping import UUID, Mapping, is_list
from interactions.connectors.table.sieve import plain

if TYPE_CHECKING:
    import duckdb

CHECKOUT: Final = "checkout"
_ROWS_AT_ONCE: Final = 500_000
_MEMORY: Final = "512MB"
_UUID: Final = "table:order:"


def of_orders(table: Any, kinds: Any, mapping: Mapping) -> tuple[Any, Any]:
    """A mask of the rows that are check-outs of an order, and the order of each row, empty if it has none."""
    from pyarrow import compute as pc

    names = plain(table[mapping.order]).fill_null("")
    return pc.and_(pc.equal(kinds, CHECKOUT), pc.not_equal(names, "")), names


class Orders:
    """Stores rows of check-outs that name an order, as the JSON of their values by field.

    It's a context manager that removes the stored rows.
    """

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._fields: list[str] = []
        self._folder = tempfile.TemporaryDirectory(prefix="dojo-orders-")
        self._engine: duckdb.DuckDBPyConnection | None = None
        self.rows = 0

    def __enter__(self) -> Orders:
        return self

    def __exit__(self, *_: object) -> None:
        if self._engine is not None:
            self._engine.close()
        self._folder.cleanup()

    def hold(self, orders: Any, numbers: Any, values: dict[str, Any]) -> None:
        """Store rows: their orders, their numbers in the table, and their values by field, which may be null."""
        import pyarrow as pa

        self._fields = list(values)
        engine = self._opened()
        names = ["order_id", "number", *(f"f{place}" for place in range(len(values)))]
        engine.register("more", pa.table(dict(zip(names, [orders, numbers, *values.values()], strict=True))))
        engine.execute("INSERT INTO held SELECT * FROM more")
        engine.unregister("more")
        self.rows += len(orders)

    def gathered(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        """The numbers of the orders' first rows and the orders' values, in batches."""
        from pyarrow import compute as pc

        if not self.rows:
            return
        shares = self.rows // _ROWS_AT_ONCE + 1
        for share in range(shares):
            found = self._opened().sql(self._sql(), params=[shares, share, _UUID]).to_arrow_table()
            values = dict(zip(self._fields, found.columns[2:], strict=True))
            values[UUID] = pc.coalesce(values[UUID], found["uuid"]) if UUID in values else found["uuid"]
            if found.num_rows:
                yield found["number"], values

    def _opened(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        if self._engine is None:
            folder = self._folder.name
            self._engine = duckdb.connect(
                str(Path(folder, "orders")),
                config={"threads": 1, "memory_limit": _MEMORY, "temp_directory": folder},
            )
            columns = ", ".join(f"f{place} VARCHAR" for place in range(len(self._fields)))
            self._engine.execute(f"CREATE TABLE held (order_id VARCHAR, number BIGINT, {columns})")
        return self._engine

    def _sql(self) -> str:
        values = [f"{self._gathered(field, f'f{place}')} AS f{place}" for place, field in enumerate(self._fields)]
        columns = ["min(number) AS number", "to_json($3 || order_id) AS uuid", *values]
        # The rows of an order are in one share, so that few rows are in memory at once.
        return (
            f"SELECT {', '.join(columns)} FROM held WHERE hash(order_id) % $1 = $2 "  # noqa: S608 - our own names
            "GROUP BY order_id ORDER BY min(held.number)"
        )

    def _gathered(self, field: str, name: str) -> str:
        """SQL that combines a field's values in the rows of an order."""
        first = f"first({name} ORDER BY held.number) FILTER ({name} IS NOT NULL)"
        if field == "revenue" and not self._mapping.order_total:
            is_unread = f"TRY_CAST({name} AS DOUBLE) IS NULL AND {name} IS NOT NULL"
            unread = f"first({name} ORDER BY held.number) FILTER ({is_unread})"
            # Sums of decimals are exact, unlike sums of doubles.
            total = f"CAST(CAST(sum(TRY_CAST({name} AS DECIMAL(38, 6))) AS DOUBLE) AS VARCHAR)"
            return f"coalesce({unread}, {total}, {first})"
        if is_list(field):
            joined = f"'[' || string_agg(substr({name}, 2, len({name}) - 2), ',' ORDER BY held.number) || ']'"
            if field == "quantities":  # one for each product, or none at all
                return f"CASE WHEN count({name}) = count(*) THEN {joined} END"
            return joined
        return first
