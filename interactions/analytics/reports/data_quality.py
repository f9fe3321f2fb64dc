"""What the Health page measures: whether the records of an environment are fit to train on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.clock import Clock, clock_of
from interactions.analytics.index.figures.ids import pair_records, records_of_ids
from interactions.analytics.index.figures.quality import quality_of
from interactions.analytics.index.figures.visits import visits_of
from interactions.analytics.index.look import look
from interactions.analytics.index.run import Index
from interactions.analytics.reports.history import history
from interactions.contract.schema import TYPES
from interactions.queries.health import Measures as Measures

_ANONYMOUS: Final = 2
_FIRST, _LAST = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))


def measure(index: Index, zone: ZoneInfo, *, without_import: int | None = None) -> Measures:
    """All measures; ``without_import`` leaves the records of one import out."""
    seen = look(index, Filter(without_import=without_import))
    types = visits_of(seen).types.sum(axis=0)
    (users, _), alone = records_of_ids(seen), pair_records(seen)[index.pairs.has == _ANONYMOUS]
    past = history(_by_day(clock_of(seen, zone)), datetime.now(zone).date())
    return Measures(
        by_type={TYPES[place]: int(types[place]) for place in np.flatnonzero(types)},
        users=len(users),
        users_again=int((users > 1).sum()),
        most_of_one=int(max(users.max(initial=0), alone.max(initial=0))),
        days=past.days,
        days_spanned=past.days_spanned,
        longest_gap=past.longest_gap,
        strays=past.strays,
        **quality_of(seen),
    )


def _by_day(clock: Clock) -> dict[date, int]:
    """How many records each day of the clock has, held within the years 1 to 9999."""
    found: dict[date, int] = {}
    there = np.flatnonzero(clock.days)
    for day, records in zip((there + clock.first_day).tolist(), clock.days[there].tolist(), strict=True):
        said = date.fromordinal(min(max(day, _FIRST), _LAST) + date(1970, 1, 1).toordinal())
        found[said] = found.get(said, 0) + records
    return found
