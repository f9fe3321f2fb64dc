"""Convert a mapped table to records in Dojo's own form, a batch at a time and in constant memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from interactions.connectors.source import Chunk, Skipped
from interactions.connectors.table.assembly import Parts, lines, whole
from interactions.connectors.table.engines import Engines
from interactions.connectors.table.mapping import Mapping, require_sound
from interactions.connectors.table.objects import TableOfObjects
from interactions.connectors.table.orders import CHECKOUT, Orders, of_orders
from interactions.connectors.table.questions import require_answered
from interactions.connectors.table.rows import Rows, Table, joined
from interactions.connectors.table.sieve import HEADER, NUMBER, Sieve, numbered
from interactions.connectors.table.statement import Statement
from interactions.connectors.table.values import Values, of_different
from interactions.in_order import in_advance, in_order

_PIECE_ROWS, _PIECE_BYTES = 16_384, 3 << 20
"""Of rows made into records at once, and of the file: each thread makes several copies of a piece on the way, and of
small ones most of the time goes into calling Arrow."""

GATHERED: Final = Skipped("Other rows of an order", "They are in the check-out of their order.")


@dataclass(slots=True)
class TableChunk(Chunk):
    """A chunk whose records stand for the ``rows`` of these numbers in the table, from 0; where orders were gathered,
    for all rows of an order, of which it is the first. ``left_out`` counts by field the values in rows whose type has
    no such field."""

    rows: Any = ()
    is_gathered: bool = False
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Held:
    """Rows of orders: the order and the number in the table of each, and its values as JSON by field."""

    orders: Any
    numbers: Any
    values: dict[str, Any]


class Records:
    """The chunks of a mapped table, in order; check-outs that name an order come last.

    ``left_out`` counts, by field, the values read so far in rows whose type doesn't have the field.

    Raises MappingRefused if the mapping doesn't fit the table, Unanswered if it leaves a question open, and FileRefused
    if the file turns out to be unreadable. Rows are made into records by so many ``threads``, each of
    which holds some ten megabytes of the table and what is made of them.
    """

    def __init__(self, table: Table, mapping: Mapping, threads: int = 1) -> None:
        require_sound(mapping, table.columns)
        self._threads = threads
        self._table = table.needing(mapping.columns) if isinstance(table, TableOfObjects) else table
        self._mapping = mapping
        self._sieve = Sieve(mapping, self._table.columns)
        self._samples: dict[str, Any] | None = None
        self.left_out: Counter[str] = Counter()

    def __iter__(self) -> Iterator[TableChunk]:
        with ExitStack() as stack:
            engines = stack.enter_context(Engines(self._mapping.times.zone or "UTC"))
            orders = stack.enter_context(Orders(self._mapping)) if self._mapping.order else None
            made = in_order(
                partial(self._chunk, engines),
                stack.enter_context(closing(in_advance(self._pieces()))),
                self._threads,
                one_by_one=lambda: self._samples is None,  # the first values say how the others are read
            )
            for chunk, held in stack.enter_context(closing(made)):
                self.left_out += chunk.left_out
                if orders is not None and held is not None:
                    orders.hold(held.orders, held.numbers, held.values)
                yield chunk
            if orders is not None:
                yield from _gathered(orders)

    def _pieces(self) -> Generator[Rows, None, None]:
        for rows in joined(self._table.batches(), _PIECE_ROWS, _PIECE_BYTES):
            yield from rows.pieces(_PIECE_ROWS)

    def _chunk(self, engines: Engines, rows: Rows) -> tuple[TableChunk, _Held | None]:
        """Runs in several threads, once there are samples."""
        if self._samples is None:
            require_answered(self._mapping, rows.table)
        chunk = TableChunk(rows.size, events=rows.events, rejected=rows.rejected)
        if not rows.first:
            self._count_headers(chunk)
        table, kinds = self._sieve.sifted(numbered(rows), chunk.skipped)
        held = None
        if self._mapping.order:
            table, kinds, held = self._apart(engines, chunk, table, kinds)
        chunk.records = table.num_rows
        if table.num_rows:
            chunk.lines = lines(kinds, self._json(engines, chunk, table, kinds))
        chunk.rows = table[NUMBER].to_numpy()
        return chunk, held

    def _count_headers(self, chunk: Chunk) -> None:
        """Count header rows after the first as skipped, because they may be data."""
        more = (self._table.reading.header_rows or 0) - 1
        if more > 0:
            chunk.events += more
            chunk.skipped[HEADER] += more

    def _json(self, engines: Engines, chunk: TableChunk, table: Any, kinds: Any) -> dict[str, Parts]:
        """The JSON of the rows' values, by field."""
        from interactions.connectors.table.plain import json_of  # with Numba, which few processes need

        reader = Values(self._mapping)
        values = reader.of(table, kinds)
        chunk.left_out += reader.left_out
        if self._samples is None:
            self._samples = values
        plainly = {field: json_of(field, column, self._mapping) for field, column in values.items()}
        made = {field: parts for field, parts in plainly.items() if parts is not None}
        rest = {field: values[field] for field in values if field not in made}
        if rest:
            by_sql = partial(Statement(self._mapping, self._samples).json, engines.mine())
            made |= {field: (json,) for field, json in of_different(rest, by_sql).items()}
        return made

    def _apart(self, engines: Engines, chunk: TableChunk, table: Any, kinds: Any) -> tuple[Any, Any, _Held | None]:
        """The rows that stand for themselves, their types, and the rows of orders."""
        from pyarrow import compute as pc

        is_order, names = of_orders(table, kinds, self._mapping)
        theirs = table.filter(is_order)
        held = None
        if theirs.num_rows:
            made = self._json(engines, chunk, theirs, kinds.filter(is_order))
            values = {field: whole(parts) for field, parts in made.items()}
            held = _Held(names.filter(is_order), theirs[NUMBER], values)
        return table.filter(pc.invert(is_order)), kinds.filter(pc.invert(is_order)), held


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
