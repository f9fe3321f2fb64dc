"""Conversion: funnels with a window, by the values of a field, and how long it takes people to convert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import pandas as pd

from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.attempts import NO_WINDOW, Attempts, best_attempts
from interactions.analytics.index.figures.numbers import NumberedValues, names_of, numbered_values
from interactions.analytics.index.filtered import filtered
from interactions.analytics.index.run import Index
from interactions.analytics.index.threads import in_threads
from interactions.analytics.question import question
from interactions.analytics.step_fields import SteppedField
from interactions.analytics.steps import Step

MOST_VALUES: Final = 8
"""How many values of a field have a row of their own."""
SHARES: Final = {"p25": 25, "median": 50, "p75": 75, "p90": 90}
"""The percentiles of times, by their columns."""
_MINUTE: Final = 60_000_000
EDGES: Final = tuple(
    minutes * _MINUTE for minutes in (1, 5, 15, 30, 60, 180, 720, 1440, 3 * 1440, 7 * 1440, 14 * 1440, 30 * 1440)
)
"""Where the bars of the histogram end, in µs; the last one has no end."""


@dataclass(frozen=True, slots=True)
class ConversionAsked:
    """``steps`` in their order; ``window`` is the time from the first to the last one, None for any; ``by`` is the
    field whose values are compared, of the interaction that takes the first step: of several values the first by
    name."""

    steps: tuple[Step, ...]
    window: timedelta | None = None
    by: SteppedField | None = None

    @property
    def microseconds(self) -> int:
        """The window in µs."""
        return NO_WINDOW if self.window is None else self.window // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, eq=False)
class Conversion:
    """How far people get, and how long it takes them.

    ``people``: a row per value, the ones with most people first, then one for all others and one for none (``value`` is
    None, and ``is_other`` true for the first of them), with the people who reach each step in the columns ``0, 1 …``.
    Without a field there is one row. ``took``: the percentiles of seconds since the previous step, in the rows ``1, 2
    …``, and from the first step to the last in the last row; NaN for nobody. ``histogram``: people who take all steps
    by how long that takes them, with the bars of EDGES.
    """

    people: pd.DataFrame
    took: pd.DataFrame
    histogram: tuple[int, ...]


@question
def conversion(index: Index, filter: Filter, asked: ConversionAsked) -> Conversion:
    """The people who take the steps ``asked`` for. The filter's types and groups are ignored.

    An attempt starts with any interaction that completes the first step, and reaches a step with the first one that
    completes it at or after the previous step, within the window. Each person counts with the first of the attempts
    that reach most steps.
    """
    seen = filtered(index, filter.of_all_types())

    def make() -> Conversion:
        values = numbered_values(seen.index, asked.by) if asked.by else None
        return _conversion(best_attempts(seen, asked.steps, asked.microseconds, values), values)

    found = seen.once(("conversion", asked), make)
    return Conversion(found.people.copy(), found.took.copy(), found.histogram)


def _conversion(found: Attempts, values: NumberedValues | None) -> Conversion:
    several = found.reached.shape[1]
    size = len(values.names) if values else 1
    ways = np.bincount((found.groups + 1) * (several + 1) + found.depths, minlength=(size + 1) * (several + 1))
    counts = ways.reshape(size + 1, several + 1)[:, :0:-1].cumsum(axis=1)[:, ::-1]  # of a depth at least
    named, nothing = counts[1:], counts[0]
    there = np.flatnonzero(named[:, 0])
    there = there[np.lexsort((there, -named[there, 0]))]
    top = there[:MOST_VALUES]
    names = names_of(values, top.tolist()) if values else ("",) * len(top)
    people = people_of(names, named[top], named[there[MOST_VALUES:]].sum(axis=0), nothing, is_by_value=bool(values))
    times = [found.reached[:, step] - found.reached[:, step - 1] for step in range(1, several)]
    times = [each[found.depths > step] for step, each in enumerate(times, 1)]
    is_whole = found.depths == several
    whole = found.reached[is_whole, -1] - found.reached[is_whole, 0]
    bars = np.bincount(np.searchsorted(EDGES, whole, side="right"), minlength=len(EDGES) + 1)
    return Conversion(people, took_of(in_threads(_percentiles, [*times, whole])), tuple(bars.tolist()))


def people_of(
    names: tuple[str, ...], counts: np.ndarray, others: np.ndarray, nothing: np.ndarray, *, is_by_value: bool
) -> pd.DataFrame:
    """The frame ``people`` of a :class:`Conversion`; rows without people are left out, but not all of them."""
    rows = list(counts) if is_by_value else [counts.sum(axis=0) + others + nothing]
    values: list[str | None] = list(names) if is_by_value else [None]
    flags = [False] * len(rows)
    for row, is_other in ((others, True), (nothing, False)) if is_by_value else ():
        if row[0]:
            rows, values, flags = [*rows, row], [*values, None], [*flags, is_other]
    steps = pd.DataFrame(np.array(rows, np.int64).reshape(len(rows), counts.shape[1]))
    steps.insert(0, "value", pd.Series(values, dtype="object"))
    steps.insert(1, "is_other", np.array(flags, bool))
    return steps


def took_of(percentiles: list[list[float]]) -> pd.DataFrame:
    """The frame ``took`` of a :class:`Conversion` from times in µs."""
    rows = np.array(percentiles, np.float64).reshape(len(percentiles), len(SHARES)) / 1_000_000
    return pd.DataFrame(rows, columns=list(SHARES), index=range(1, len(rows) + 1))


def rank_of(share: int, several: int) -> int:
    """The place of a percentile among sorted times, from 1: the least with at least this share of them up to it."""
    return -(-share * several // 100)


def _percentiles(times: np.ndarray) -> list[float]:
    if not len(times):
        return [np.nan] * len(SHARES)
    places = [rank_of(share, len(times)) - 1 for share in SHARES.values()]
    parted = np.partition(times, places)
    return [float(parted[place]) for place in places]
