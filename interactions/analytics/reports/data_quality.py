"""The measures of the Health page: whether the records of an environment are fit for training."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.clock import Clock, clock_of
from interactions.analytics.index.figures.ids import pair_records, records_of_users
from interactions.analytics.index.figures.quality import quality_of
from interactions.analytics.index.figures.visits import visits_of
from interactions.analytics.index.filtered import filtered
from interactions.analytics.index.run import Index
from interactions.analytics.question import question
from interactions.analytics.reports.history import history
from interactions.contract.schema import TYPES

_ANONYMOUS: Final = 2
_FIRST, _LAST = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))


@dataclass(frozen=True, slots=True)
class Measures:
    """Counts of records, unless the name says otherwise.

    ``by_type`` has the types that occur. ``about_products`` are records of types that should name a product, and
    ``with_products`` those of them that do. ``future`` records are dated more than an hour after they were received.
    ``users_again`` are users with at least two records; ``most_of_one`` is the largest number of records of one user
    or, among records without a user, of one anonymous id. ``days`` are local days with records; records on days that
    don't count are ``strays``: see :mod:`interactions.analytics.reports.history`.
    """

    records: int
    by_type: dict[str, int]
    with_user: int
    with_anonymous: int
    without_id: int
    placeholder_ids: int
    about_products: int
    with_products: int
    with_miso_id: int
    future: int
    before_2000: int
    users: int
    users_again: int
    most_of_one: int
    days: int
    days_spanned: int
    longest_gap: tuple[date, date] | None
    strays: int = 0


@question
def measure(index: Index, zone: ZoneInfo, *, without_import: int | None = None) -> Measures:
    """All measures. ``without_import`` leaves out the records of one import."""
    seen = filtered(index, Filter().having(is_not=True, import_id=without_import))
    types = visits_of(seen).types.sum(axis=0)
    users, alone = records_of_users(seen), pair_records(seen)[index.pairs.has == _ANONYMOUS]
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
    """The number of records per local day, limited to the years 1 to 9999."""
    found: dict[date, int] = {}
    there = np.flatnonzero(clock.days)
    for day, records in zip((there + clock.first_day).tolist(), clock.days[there].tolist(), strict=True):
        said = date.fromordinal(min(max(day, _FIRST), _LAST) + date(1970, 1, 1).toordinal())
        found[said] = found.get(said, 0) + records
    return found
