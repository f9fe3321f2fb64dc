"""Look up a table's original rows for records that the codec refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from interactions.connectors.table.mapping import Mapping
from interactions.connectors.table.orders import of_orders
from interactions.connectors.table.rows import Rows, Table
from interactions.connectors.table.sieve import NUMBER, Sieve, numbered

MOST_AT_ONCE: Final = 50_000
"""Records whose rows are kept in memory at once. The table is read again for each batch of them."""


def rows_of(table: Table, numbers: Sequence[int]) -> dict[int, bytes]:
    """The rows with these numbers, from 0, as JSON objects with all columns of the table."""
    import numpy as np

    found: dict[int, bytes] = {}
    last = max(numbers, default=-1)
    for rows in table.batches() if numbers else ():
        own = rows.numbers()
        for place in np.flatnonzero(np.isin(own, np.asarray(numbers))):
            found[int(own[place])] = rows.text(int(place))
        if rows.first + rows.count > last:
            break
    return found


def rows_of_orders(table: Table, mapping: Mapping, numbers: Sequence[int]) -> dict[int, list[tuple[int, bytes]]]:
    """The rows of orders, each with its number, by the number of the order's first row. Numbers count from 0."""
    found: dict[int, list[tuple[int, bytes]]] = {number: [] for number in numbers}
    first_of: dict[str, int] = {}
    sieve = Sieve(mapping, table.columns)
    for rows in table.batches() if numbers else ():
        held, orders = _held(sieve, rows, mapping)
        first_of.update((order, number) for order, number in zip(orders, held, strict=True) if number in found)
        place_of = {number: place for place, number in enumerate(rows.numbers().tolist())}
        for order, number in zip(orders, held, strict=True):
            if order in first_of:
                found[first_of[order]].append((number, rows.text(place_of[number])))
    return found


def _held(sieve: Sieve, rows: Rows, mapping: Mapping) -> tuple[list[int], list[Any]]:
    """The numbers and the orders of rows that belong to an order."""
    table, kinds = sieve.sifted(numbered(rows), Counter())
    is_order, orders = of_orders(table, kinds, mapping)
    return table[NUMBER].filter(is_order).to_pylist(), orders.filter(is_order).to_pylist()
