"""A mapped table as records in Dojo's own form, a batch at a time, in constant memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from interactions.connectors.source import Chunk, Origin, Skipped
from interactions.connectors.table.assembly import Parts, lines, whole
from interactions.connectors.table.mapping import Mapping, require_sound
from interactions.connectors.table.orders import Orders
from interactions.connectors.table.plain import json_of
from interactions.connectors.table.questions import require_answered
from interactions.connectors.table.rows import Rows, Table
from interactions.connectors.table.sieve import HEADER, NUMBER, Sieve, plain
from interactions.connectors.table.statement import Statement
from interactions.connectors.table.values import Values

if TYPE_CHECKING:
    import duckdb

GATHERED: Final = Skipped("Further rows of an order", "They are in the check-out of their order.")
_CHECKOUT: Final = "checkout"


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

    def __iter__(self) -> Iterator[Chunk]:
        import duckdb

        with ExitStack() as stack:
            engine = stack.enter_context(duckdb.connect(config={"threads": 1}))
            engine.execute("SET TimeZone = ?", [self._mapping.times.zone or "UTC"])
            orders = stack.enter_context(Orders(self._mapping)) if self._mapping.order else None
            for rows in self._table.batches():
                yield self._chunk(engine, rows, orders)
            if orders is not None:
                yield from _gathered(orders)

    def _chunk(self, engine: duckdb.DuckDBPyConnection, rows: Rows, orders: Orders | None) -> Chunk:
        import numpy as np
        import pyarrow as pa

        if self._statement is None:
            require_answered(self._mapping, rows.table)
        chunk = Chunk(rows.size, events=rows.count, rejected=rows.rejected)
        if not rows.first:
            self._count_headers(chunk)
        table = rows.table.append_column(NUMBER, pa.array(np.arange(rows.table.num_rows)))
        table, kinds = self._sieve.sifted(table, chunk.skipped)
        if orders is not None:
            table, kinds = self._held(engine, orders, table, kinds, rows)
        chunk.records = table.num_rows
        if table.num_rows:
            chunk.lines = lines(kinds, self._json(engine, table, kinds))
        chunk.find = _Finder(rows, table[NUMBER])
        return chunk

    def _count_headers(self, chunk: Chunk) -> None:
        """Headers beyond the first may have been data."""
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

    def _held(
        self, engine: duckdb.DuckDBPyConnection, orders: Orders, table: Any, kinds: Any, rows: Rows
    ) -> tuple[Any, Any]:
        """The rows that stand for themselves, and their types. Those of orders are held, with their numbers in the
        table."""
        import pyarrow as pa
        from pyarrow import compute as pc

        order = plain(table[self._mapping.order]).fill_null("")
        is_order = pc.and_(pc.equal(kinds, _CHECKOUT), pc.not_equal(order, ""))
        held = table.filter(is_order)
        if held.num_rows:
            numbers = pa.array([rows.number(row) for row in held[NUMBER].to_pylist()], pa.int64())
            made = self._json(engine, held, kinds.filter(is_order))
            orders.hold(order.filter(is_order), numbers, {field: whole(parts) for field, parts in made.items()})
        return table.filter(pc.invert(is_order)), kinds.filter(pc.invert(is_order))


class _Finder:
    """Finds the row of a record of a chunk."""

    def __init__(self, rows: Rows, numbers: Any) -> None:
        self._rows, self._numbers = rows, numbers

    def __call__(self, record: int) -> Origin:
        row = self._numbers[record].as_py()
        return Origin(self._rows.number(row), 0, self._rows.text(row))


def _gathered(orders: Orders) -> Iterator[Chunk]:
    """The check-outs of all orders. Where one comes from says its own text: its rows are gone by now."""
    import pyarrow as pa

    left = orders.rows
    for numbers, values in orders.gathered():
        left -= len(numbers)
        text = lines(
            pa.chunked_array([pa.repeat(_CHECKOUT, len(numbers))]), {field: (json,) for field, json in values.items()}
        )
        yield Chunk(0, text, len(numbers), find=_GatheredFinder(text, numbers))
    if left:
        yield Chunk(0, skipped=Counter({GATHERED: left}))


class _GatheredFinder:
    """Finds where the check-out of an order comes from: the order's first row, the text its own."""

    def __init__(self, text: bytes, numbers: Any) -> None:
        self._text, self._numbers = text, numbers

    def __call__(self, record: int) -> Origin:
        return Origin(self._numbers[record].as_py(), 0, self._text.splitlines()[record])
