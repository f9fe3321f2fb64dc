"""What the Health page measures: whether the records of an environment are fit to train on.

Everything is counted over all records of the table; nothing is judged here, see :mod:`interactions.readiness`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from interactions.analytics.filters import Filter
from interactions.analytics.reports.history import history
from interactions.queries.along import along
from interactions.queries.answers import Question, ask, holding_still
from interactions.queries.asking import about
from interactions.queries.bars import on_clock
from interactions.queries.counting import counts
from interactions.queries.crowds import Crowd
from interactions.queries.health_counts import ABOUT_PRODUCTS as ABOUT_PRODUCTS
from interactions.queries.health_counts import COUNTS
from interactions.queries.health_counts import PLACEHOLDERS as PLACEHOLDERS
from interactions.queries.kinds import HEALTH
from interactions.queries.measures import is_summary, summed


@dataclass(frozen=True, slots=True)
class Measures:
    """Counts of records, unless the name says otherwise.

    ``by_type`` has the types that occur. ``about_products`` are records of types that should name a product,
    ``with_products`` those of them that do. ``future`` are more than an hour later than they were received.
    ``users_again`` are users with two records or more; ``most_of_one`` is the largest number of records of one user
    or, among records without a user, of one anonymous id. ``days`` are days with records, in the zone asked for; what
    isn't counted among them are ``strays``: see :mod:`interactions.analytics.reports.history`.
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


def measure(environment: str, zone: ZoneInfo, *, without_import: int | None = None) -> Measures:
    """All measures, of one version of the table; ``without_import`` leaves the records of one import out.

    Raises DataSetBusy.
    """
    filter = Filter(without_import=without_import)
    with holding_still():
        types, repeats = ask(environment, _by_type(filter), _repeats(filter))
        clock, counted = on_clock(environment, zone, lambda grain: counts(filter, grain, zone))
    sums = types.to_pandas()
    past = history(_by_day(clock, counted["records"].to_numpy()), datetime.now(zone).date())
    users, anonymous = repeats.to_pylist()
    return Measures(
        by_type=dict(zip(sums["type"], sums["records"].tolist(), strict=True)),
        users=users["ids"],
        users_again=users["again"],
        most_of_one=max(users["most"], anonymous["most"]),
        days=past.days,
        days_spanned=past.days_spanned,
        longest_gap=past.longest_gap,
        strays=past.strays,
        **{name: int(sums[name].sum()) for name in ("records", *COUNTS)},
    )


def _by_type(filter: Filter) -> Question:
    """``type, records`` and COUNTS: a row a type that occurs."""

    def collect(rows: ibis.Table) -> ibis.Table:
        rows = rows if is_summary(rows) else HEALTH.of(rows)
        found = rows.group_by("type").agg(**{name: rows[name].sum() for name in ("records", *COUNTS)})
        return found.filter(found.records > 0)

    return about(filter, "health", collect, merge=lambda rows: summed(rows, ["type"]), over=HEALTH)


def _repeats(filter: Filter) -> Question:
    """Two rows, of users and of anonymous ids without a user: how many different ``ids`` there are, how many of them
    ``again``, with two records or more, and how many records ``most`` is of one."""

    def walk(crowd: Crowd) -> pa.Table:
        users, visitors = np.zeros(crowd.several_users, np.int64), np.zeros(crowd.several_visitors, np.int64)
        for piece, user_codes, visitor_codes in zip(crowd.pieces, crowd.user_codes, crowd.visitor_codes, strict=True):
            several = np.diff(piece.starts)
            is_user, is_visitor = user_codes >= 0, (user_codes < 0) & (visitor_codes >= 0)
            users += np.bincount(user_codes[is_user], several[is_user], len(users)).astype(np.int64)
            visitors += np.bincount(visitor_codes[is_visitor], several[is_visitor], len(visitors)).astype(np.int64)
        return pa.Table.from_pylist([_told(users), _told(visitors)])

    return along(filter, "repeats", walk)


def _told(counts: np.ndarray) -> dict[str, int]:
    return {
        "ids": int((counts > 0).sum()),
        "again": int((counts > 1).sum()),
        "most": int(counts.max()) if len(counts) else 0,
    }


def _by_day(clock: pd.DatetimeIndex, records: np.ndarray) -> dict[date, int]:
    """How many records each day has: so many when the clock said that. Held within the years 1 to 9999."""
    days = clock.to_numpy().astype("datetime64[D]").clip(np.datetime64("0001-01-01"), np.datetime64("9999-12-31"))
    found = pd.Series(records).groupby(pd.DatetimeIndex(days.astype("datetime64[s]"))).sum()
    found = found[found > 0]
    return dict(zip(found.index.date.tolist(), found.tolist(), strict=True))
