"""A mapped table as records in Dojo's own form, a batch at a time, in constant memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from interactions.connectors.source import Chunk, Origin, Skipped
from interactions.connectors.table.mapping import Mapping, require_sound
from interactions.connectors.table.orders import Orders
from interactions.connectors.table.questions import require_answered
from interactions.connectors.table.rows import Rows, Table
from interactions.connectors.table.sieve import Sieve, is_filled, plain
from interactions.connectors.table.statement import Statement

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
        self._columns = [place for place, name in enumerate(table.columns) if name in mapping.columns]
        self._statement: Statement | None = None

    @property
    def left_out(self) -> Counter[str]:
        return self._sieve.left_out

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
        import pyarrow as pa

        if self._statement is None:
            require_answered(self._mapping, rows.table)
            self._statement = Statement(self._mapping, self._table.columns, rows.table)
        chunk = Chunk(rows.size, events=rows.count, rejected=rows.rejected)
        table = rows.table.rename_columns([f"c{place}" for place in range(rows.table.num_columns)])
        table = table.append_column("number", pa.array(range(rows.table.num_rows), pa.int64()))
        table = self._sieve.sifted(table, chunk.skipped)
        if orders is not None:
            table = self._held(orders, table, rows)
        if table.num_rows:
            sql, bound = self._statement.lines()
            engine.register("rows", table.select([*(f"c{place}" for place in self._columns), "kind"]))
            chunk.lines = _bytes(engine.execute(sql, list(bound)).to_arrow_table()["line"])
            engine.unregister("rows")
        chunk.records = table.num_rows
        chunk.find = _Finder(rows, table["number"])
        return chunk

    def _held(self, orders: Orders, table: Any, rows: Rows) -> Any:
        """The rows that stand for themselves. Those of orders are held, with their numbers in the file."""
        import pyarrow as pa
        from pyarrow import compute as pc

        assert self._statement is not None
        order = plain(table[f"c{self._table.columns.index(self._mapping.order)}"])
        is_order = pc.and_(pc.equal(table["kind"], _CHECKOUT), is_filled(order))
        held = table.append_column("order_id", order).filter(is_order)
        if held.num_rows:
            numbers = pa.array([rows.number(row) for row in held["number"].to_pylist()], pa.int64())
            orders.hold(self._statement, held.drop_columns("number").append_column("number", numbers))
        return table.filter(pc.invert(is_order))


class _Finder:
    """Finds the row of a record of a chunk."""

    def __init__(self, rows: Rows, numbers: Any) -> None:
        self._rows, self._numbers = rows, numbers

    def __call__(self, record: int) -> Origin:
        row = self._numbers[record].as_py()
        return Origin(self._rows.number(row), 0, self._rows.text(row))


def _gathered(orders: Orders) -> Iterator[Chunk]:
    left = orders.rows
    for lines, numbers in orders.lines():
        left -= len(lines)
        texts = _bytes(lines)
        found = [Origin(number.as_py(), 0, line.as_py().encode()) for number, line in zip(numbers, lines, strict=True)]
        yield Chunk(0, texts, len(lines), find=found.__getitem__)
    if left:
        yield Chunk(0, skipped=Counter({GATHERED: left}))


def _bytes(lines: Any) -> bytes:
    """The texts of a column, one after another."""
    parts = []
    for chunk in lines.chunks:
        offsets = chunk.cast("large_string")
        _, places, text = offsets.buffers()
        if text is None:
            continue
        ends = memoryview(places).cast("q")
        parts.append(memoryview(text)[ends[offsets.offset] : ends[offsets.offset + len(offsets)]])
    return b"".join(parts)
