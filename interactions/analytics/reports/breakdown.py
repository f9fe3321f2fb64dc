"""Breakdown: a measure for each value of a property, in all and over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.bars import index_of
from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.breakdown import measured
from interactions.analytics.index.figures.codes import ValueCodes, codes_of
from interactions.analytics.index.figures.group_sets import group_sets
from interactions.analytics.index.figures.visits import ONE_BAR
from interactions.analytics.index.filtered import FilteredIndex, filtered
from interactions.analytics.index.run import Index
from interactions.analytics.periods import Unit
from interactions.analytics.properties import Breakdown, Measure
from interactions.analytics.question import question
from interactions.analytics.reports.ranking import Groups, largest

MOST_VALUES: Final = 10_000
"""The most values in a table; all others are one row."""


@question
def breakdown(index: Index, filter: Filter, asked: Breakdown, limit: int = 10) -> pd.DataFrame:
    """The ``limit`` values with the most, most first; a row of all others if there are more; a row of no value.

    Columns are ``value`` (None in these last two rows), what is measured, ``share``, ``is_other`` and ``is_none``. What
    is measured is named after it: ``records``, ``people``, ``sessions``, ``products`` (int64) or ``revenue``. For
    conversions there are ``people``, those who ``converted``, and their share, the ``conversion``.

    Records without a value are in the last row, which is left out if there is nothing to count. ``share`` is of the
    measure of all records, ``attrs["total"]``, NaN if that isn't above 0. A person, session or product counts once for
    each value, so rows may add up to more than that. ``attrs["size"]`` is the number of values. For conversions, the
    filter's types and groups don't count. ``docs/analytics.md`` says what each measure means.
    """
    seen = filtered(index, about(filter, asked))
    return seen.once(("breakdown", asked, limit), lambda: _breakdown(seen, asked, limit)).copy()


@question
def breakdown_over_time(
    index: Index, filter: Filter, asked: Breakdown, values: Sequence[str], unit: Unit, zone: tzinfo = UTC
) -> pd.DataFrame:
    """The measure by bar, with a column for each of the ``values``, one for all others, and one for no value.

    Columns are numbered from 0 in this order. For conversions it's the share of people who did the goal in the same
    bar, NaN without people. The index ``start`` (UTC) has every bar of the period.
    """
    seen = filtered(index, about(filter, asked))
    key = ("breakdown over time", asked, tuple(values), unit, zone)
    return seen.once(key, lambda: _over_time(seen, asked, values, unit, zone)).copy()


def about(filter: Filter, asked: Breakdown) -> Filter:
    """The filter of what counts: conversions have a type of their own."""
    return filter.of_all_types() if asked.measure is Measure.CONVERSION else filter


def columns_of(asked: Breakdown, amounts: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of what is measured, from [rows, 1], or for conversions [rows, 2]."""
    if asked.measure is not Measure.CONVERSION:
        return {asked.measure.value: amounts[:, 0]}
    people, converted = amounts[:, 0], amounts[:, 1]
    return {"people": people, "converted": converted, "conversion": _part(converted, people)}


def frame_of(
    asked: Breakdown, values: Sequence[str], amounts: np.ndarray, size: int, total: np.ndarray
) -> pd.DataFrame:
    """The frame of :func:`breakdown` from the ``amounts`` of no value, of each of ``values``, and of all others.

    They're [values + 2, 1], or for conversions [values + 2, 2]; ``total`` is one such row, ``size`` counts all values.
    """
    rows = [*range(1, len(values) + 1), *([len(values) + 1] if size > len(values) else [])]
    rows += [0] if amounts[0, 0] else []
    chosen = amounts[rows]
    whole = total[0].item()
    names: list[str | None] = [*values, *[None] * (len(rows) - len(values))]
    columns: dict[str, Any] = {
        "value": pd.Series(names, dtype="object"),
        **columns_of(asked, chosen),
        "share": chosen[:, 0] / whole if whole > 0 else np.full(len(rows), np.nan),
        "is_other": np.array(rows, np.int64) == len(values) + 1,
        "is_none": np.array(rows, np.int64) == 0,
    }
    frame = pd.DataFrame(columns)
    frame.attrs["size"], frame.attrs["total"] = size, _total(asked, total)
    return frame


def over_time_of(asked: Breakdown, amounts: np.ndarray, edges: np.ndarray) -> pd.DataFrame:
    """The frame of :func:`breakdown_over_time` from amounts [values + 2, bars], no value first.

    For conversions they're twice as wide.
    """
    if asked.measure is Measure.CONVERSION:
        amounts = _part(amounts[:, 1::2], amounts[:, ::2])
    ordered = np.concatenate((amounts[1:], amounts[:1]))
    return pd.DataFrame(ordered.T, index_of(edges), list(range(len(ordered))))


def _breakdown(seen: FilteredIndex, asked: Breakdown, limit: int) -> pd.DataFrame:
    values = codes_of(seen, asked.by)
    sets = group_sets(seen, values) if asked.measure is Measure.PEOPLE else None
    found = sets.measured() if sets else seen.once(("measured", asked), lambda: measured(seen, asked, values, ONE_BAR))
    amounts = found.amounts
    there = np.flatnonzero(amounts[1:, 0])
    names = pa.chunked_array([values.names])
    top = largest(Groups({"value": names}, there, {"amount": amounts[1:, 0][there]}), limit)
    chosen = names.take(pa.array(there[top])).to_pylist()
    if len(there) <= len(chosen) or _is_added(asked) or sets:
        others = np.delete(there, top)
        rest = [[sets.with_any(1 + others)]] if sets else amounts[1:][others].sum(axis=0, keepdims=True)
        kept = np.concatenate((amounts[:1], amounts[1:][there[top]], rest))
    else:
        kept = measured(seen, asked, _merged(values, there[top]), ONE_BAR).amounts
    return frame_of(asked, chosen, kept, len(there), found.total)


def _is_added(asked: Breakdown) -> bool:
    """Whether the measure of several values is the sum of each one's."""
    if asked.measure is Measure.REVENUE:
        return asked.by == "product" or not asked.is_list  # divided among products
    return asked.measure is Measure.RECORDS and not asked.is_list


def _over_time(seen: FilteredIndex, asked: Breakdown, values: Sequence[str], unit: Unit, zone: tzinfo) -> pd.DataFrame:
    edges, codes = seen.edges(unit, zone), codes_of(seen, asked.by)
    wide = 2 if asked.measure is Measure.CONVERSION else 1
    if len(edges) < 2:
        return over_time_of(asked, np.zeros((len(values) + 2, 0), np.int64), edges)
    places = np.flatnonzero(pc.is_in(codes.names, value_set=pa.array(values, pa.string())))
    rows = [list(values).index(name) + 1 for name in codes.names.take(pa.array(places)).to_pylist()]
    found = measured(seen, asked, _merged(codes, places), edges).amounts
    amounts = np.zeros((len(values) + 2, wide * (len(edges) - 1)), found.dtype)
    amounts[[0, *rows, len(values) + 1]] = found
    return over_time_of(asked, amounts, edges)


def _merged(values: ValueCodes, top: np.ndarray) -> ValueCodes:
    """The values at ``top`` in groups 1, 2 …, all others in the next group."""
    groups = np.full(values.groups, len(top) + 1, np.int32)
    groups[0] = 0
    groups[top + 1] = np.arange(1, len(top) + 1)
    return values.merged(groups, pa.nulls(len(top) + 1, pa.string()))


def _total(asked: Breakdown, total: np.ndarray) -> float | int | None:
    if asked.measure is not Measure.CONVERSION:
        return total[0].item()  # type: ignore[no-any-return]
    people, converted = total.tolist()
    return converted / people if people else None


def _part(some: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """NaN of nothing."""
    found: np.ndarray = np.where(whole > 0, some / np.maximum(whole, 1), np.nan)
    return found
