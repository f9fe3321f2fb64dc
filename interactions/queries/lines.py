"""What charts over time show: a row for each bar, remembered in the form in which it is shown."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.filters import Filter
from interactions.analytics.periods import Unit
from interactions.contract.schema import TYPES
from interactions.queries.answers import Question
from interactions.queries.bars import Grain, bar_edges
from interactions.queries.counting import counts_of_bars
from interactions.queries.measures import CONVERSIONS
from interactions.queries.product_counts import products_of_bars
from interactions.queries.visiting import visiting

_CONVERSIONS: Final = [TYPES.index(name) for name in CONVERSIONS]
_SEARCH: Final = TYPES.index("search")


def types_over_time(filter: Filter, grain: Grain, unit: Unit, zone: tzinfo) -> Question:
    """``edge``, and the records of each type that occurs: as :func:`bars.on_edges` has it."""

    def conclude(counted: pa.Table) -> pa.Table:
        edges = bar_edges(counted["bucket"].to_numpy(), filter.period, unit, zone)
        records = _by_type(counted, edges)
        there = {name: records[place] for place, name in enumerate(TYPES) if records[place].any()}
        return pa.table({"edge": edges, **there})

    parameters = (filter.key, grain.key, unit, str(zone))
    needs = (counts_of_bars(filter, grain, unit, zone),)
    return Question("types_over_time", parameters, None, conclude=conclude, needs=needs)


def lines(filter: Filter, grain: Grain, unit: Unit, zone: tzinfo) -> Question:
    """``edge, interactions, people, sessions, products, searches, conversions, revenue``: as :func:`bars.on_edges` has
    it."""

    def conclude(counted: pa.Table, visits: pa.Table, products: pa.Table) -> pa.Table:
        edges = bar_edges(counted["bucket"].to_numpy(), filter.period, unit, zone)
        records = _by_type(counted, edges)
        return pa.table(
            {
                "edge": edges,
                "interactions": records.sum(axis=0),
                "people": _placed(visits, "people", edges),
                "sessions": _placed(visits, "sessions", edges),
                "products": _placed(products, "products", edges),
                "searches": records[_SEARCH],
                "conversions": records[_CONVERSIONS].sum(axis=0),
                "revenue": _placed(counted, "revenue", edges),
            }
        )

    counted = counts_of_bars(filter, grain, unit, zone)
    visits = visiting(filter, grain, unit, zone, counted)
    needs = (counted, visits, products_of_bars(filter, grain, unit, zone))
    return Question("lines", (filter.key, grain.key, unit, str(zone)), None, conclude=conclude, needs=needs)


def _by_type(counted: pa.Table, edges: np.ndarray) -> np.ndarray:
    """The records of each type, a row each, in each bar."""
    found = np.zeros((len(TYPES), len(edges)), np.int64)
    types = pc.index_in(counted["type"], pa.array(TYPES)).to_numpy()
    np.add.at(found, (types, _places(counted, edges)), counted["records"].to_numpy())
    return found


def _placed(rows: pa.Table, name: str, edges: np.ndarray) -> np.ndarray:
    """The sums of a column, by bars."""
    column = rows[name].to_numpy()
    found = np.zeros(len(edges), column.dtype)
    np.add.at(found, _places(rows, edges), column)
    return found


def _places(rows: pa.Table, edges: np.ndarray) -> np.ndarray:
    """Which bar each of the rows is of, that have its ``start``."""
    places: np.ndarray = np.searchsorted(edges, rows["start"].to_numpy())
    return places
