"""The rows that records of a table stand for, as they were in the table: for those that the codec refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from interactions.connectors.table.mapping import Mapping
from interactions.connectors.table.orders import of_orders
from interactions.connectors.table.rows import Rows, Table
from interactions.connectors.table.sieve import NUMBER, Sieve, numbered

MOST_AT_ONCE: Final = 50_000
"""Records whose rows are held in memory; for each so many, the table is read once more."""


def rows_of(table: Table, numbers: Sequence[int]) -> dict[int, bytes]:
    """The rows of these numbers, from 0, as JSON objects with all columns of the table."""
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
    """For the first row of each order, from 0: all rows of it that were gathered, each with its number."""
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
    """The numbers and the orders of the rows that are gathered."""
    table, kinds = sieve.sifted(numbered(rows), Counter())
    is_order, orders = of_orders(table, kinds, mapping)
    return table[NUMBER].filter(is_order).to_pylist(), orders.filter(is_order).to_pylist()
