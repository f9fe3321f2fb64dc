"""Convert a mapped table to records in Dojo's own form, a batch at a time and in constant memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from interactions.connectors.source import Chunk, Skipped
from interactions.connectors.table.assembly import Parts, lines, whole
from interactions.connectors.table.mapping import Mapping, require_sound
from interactions.connectors.table.orders import CHECKOUT, Orders, of_orders
from interactions.connectors.table.plain import json_of
from interactions.connectors.table.questions import require_answered
from interactions.connectors.table.rows import Rows, Table
from interactions.connectors.table.sieve import HEADER, NUMBER, Sieve, numbered
from interactions.connectors.table.statement import Statement
from interactions.connectors.table.values import Values

if TYPE_CHECKING:
    import duckdb

GATHERED: Final = Skipped("Further rows of an order", "They are in the check-out of their order.")


@dataclass(slots=True)
class TableChunk(Chunk):
    """A chunk whose records stand for the ``rows`` of these numbers in the table, from 0; where orders were gathered,
    for all rows of an order, of which it is the first."""

    rows: Any = ()
    is_gathered: bool = False


class Records:
    """The chunks of a mapped table, in order; those of gathered orders come last.

    ``left_out`` counts values by field, as far as was read: those in rows whose type has no such field.

    Raises MappingRefused where the mapping doesn't fit the table, Unanswered where it leaves something open, and
    FileRefused where the file turns out to be unreadable.
    """

    def __init__(self, table: Table, mapping: Mapping) -> None:
        require_sound(mapping, table.columns)
        self._table, self._mapping = table, mapping
        self._sieve = Sieve(mapping, table.columns)
        self._values = Values(mapping)
        self._statement: Statement | None = None

    @property
    def left_out(self) -> Counter[str]:
        return self._values.left_out

    def __iter__(self) -> Iterator[TableChunk]:
        import duckdb

        with ExitStack() as stack:
            engine = stack.enter_context(duckdb.connect(config={"threads": 1}))
            engine.execute("SET TimeZone = ?", [self._mapping.times.zone or "UTC"])
            orders = stack.enter_context(Orders(self._mapping)) if self._mapping.order else None
            for rows in self._table.batches():
                yield self._chunk(engine, rows, orders)
            if orders is not None:
                yield from _gathered(orders)

    def _chunk(self, engine: duckdb.DuckDBPyConnection, rows: Rows, orders: Orders | None) -> TableChunk:
        if self._statement is None:
            require_answered(self._mapping, rows.table)
        chunk = TableChunk(rows.size, events=rows.count, rejected=rows.rejected)
        if not rows.first:
            self._count_headers(chunk)
        table, kinds = self._sieve.sifted(numbered(rows), chunk.skipped)
        if orders is not None:
            table, kinds = self._held(engine, orders, table, kinds)
        chunk.records = table.num_rows
        if table.num_rows:
            chunk.lines = lines(kinds, self._json(engine, table, kinds))
        chunk.rows = table[NUMBER].to_numpy()
        return chunk

    def _count_headers(self, chunk: Chunk) -> None:
        """Count header rows after the first as skipped, because they may be data."""
        more = (self._table.reading.header_rows or 0) - 1
        if more > 0:
            chunk.events += more
            chunk.skipped[HEADER] += more

    def _json(self, engine: duckdb.DuckDBPyConnection, table: Any, kinds: Any) -> dict[str, Parts]:
        """The JSON of the values of some rows, by field."""
        values = self._values.of(table, kinds)
        if self._statement is None:
            self._statement = Statement(self._mapping, values)
        plainly = {field: json_of(field, column, self._mapping) for field, column in values.items()}
        made = {field: parts for field, parts in plainly.items() if parts is not None}
        rest = {field: values[field] for field in values if field not in made}
        return made | {field: (json,) for field, json in self._statement.json(engine, rest).items()}

    def _held(self, engine: duckdb.DuckDBPyConnection, orders: Orders, table: Any, kinds: Any) -> tuple[Any, Any]:
        """The rows that stand for themselves, and their types. Those of orders are held, with their numbers."""
        from pyarrow import compute as pc

        is_order, names = of_orders(table, kinds, self._mapping)
        held = table.filter(is_order)
        if held.num_rows:
            made = self._json(engine, held, kinds.filter(is_order))
            values = {field: whole(parts) for field, parts in made.items()}
            orders.hold(names.filter(is_order), held[NUMBER], values)
        return table.filter(pc.invert(is_order)), kinds.filter(pc.invert(is_order))


def _gathered(orders: Orders) -> Iterator[TableChunk]:
    """The check-outs of all orders, each with the number of the order's first row."""
    import pyarrow as pa

    left = orders.rows
    for numbers, values in orders.gathered():
        left -= len(numbers)
        text = lines(
            pa.chunked_array([pa.repeat(CHECKOUT, len(numbers))]), {field: (json,) for field, json in values.items()}
        )
        yield TableChunk(0, text, len(numbers), rows=numbers.to_numpy(), is_gathered=True)
    if left:
        yield TableChunk(0, skipped=Counter({GATHERED: left}))
