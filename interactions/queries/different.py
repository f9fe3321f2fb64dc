"""How many different products are named: of what segments have (named.py), and of what they lack."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from interactions.analytics.engine import PartsGone, Reading, Snapshot, epoch_us, reading, remembers
from interactions.analytics.periods import ALL, Period
from interactions.contract.tombstones import microseconds
from interactions.queries.named import Named
from interactions.queries.product_bars import Piece, bars_of, counted, numbered
from interactions.queries.segments import Segment
from interactions.queries.summaries import Over, Plan, planned, unstored

_NEVER: Final = np.iinfo(np.int64)
_MOST_KEPT: Final = 2
# What the last sets of segments name, and the numbers that the products of each have in that. The engine's turn guards
# them.
_kept: OrderedDict[tuple[Path, ...], tuple[pa.Array, list[np.ndarray]]] = OrderedDict()
remembers("products of segments", _kept)


def different(parts: Snapshot, over: Over, starts: np.ndarray) -> np.ndarray:
    """How many different products are named in each of the bars with these ``starts`` (µs), which are of quarters.

    ``over`` means rows of the kind NAMED. Raises PartsGone where a part or a segment has vanished.
    """
    if not len(starts):
        return np.zeros(0, np.int64)
    with reading() as read:
        plan = planned(parts, over.kind.grain, over.filter, over.zone)
        try:
            stored = [Named.read(segment.named) for segment in plan.stored]
        except FileNotFoundError as error:
            raise PartsGone from error
        made = _made(read, parts, plan, over, starts)
        products, meanings = _numbered(plan.stored, stored, made)
        if len(starts) == 1 and over.filter.period == ALL and not parts.hidden:
            return np.array([len(products)])  # whatever is named at any time
        periods = [*(plan.whole for _ in stored), *(ALL for _ in made)]
        pieces = [
            Piece(named, each, starts, *_bounds(period))
            for named, each, period in zip([*stored, *made], meanings, periods, strict=True)
        ]
        return counted(pieces, len(products), len(starts))


def _made(read: Reading, parts: Snapshot, plan: Plan, over: Over, starts: np.ndarray) -> list[Named]:
    """What segments lack, by bars."""
    rows = unstored(read, parts, plan, over)
    if rows is None:
        return []
    found = read.answer(rows.select("product", "records", at=epoch_us(rows.timestamp)))
    return [Named.of_bars(found, bars_of(found["at"].to_numpy(), starts), starts)]


def _numbered(
    segments: Sequence[Segment], stored: Sequence[Named], made: Sequence[Named]
) -> tuple[pa.Array, list[np.ndarray]]:
    """As :func:`numbered`, of all of them; what segments name is put together once for all questions of a page."""
    if not stored:
        return numbered([named.products for named in made])
    key = tuple(segment.folder for segment in segments)
    products, meanings = _kept.get(key) or numbered([named.products for named in stored])
    _kept[key] = products, meanings
    _kept.move_to_end(key)
    while len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
    if not made:
        return products, meanings
    products, (_same, *others) = numbered([products, *(named.products for named in made)])
    return products, [*meanings, *others]


def _bounds(period: Period) -> tuple[int, int]:
    return (
        microseconds(period.start) if period.start else _NEVER.min,
        microseconds(period.end) if period.end else _NEVER.max,
    )
