"""From when to when there is data, as the periods of the pages see it: without what is dated in the future."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from interactions.analytics.index.look import Look
from interactions.analytics.index.run import Index
from interactions.queries.filter import Filter
from interactions.queries.period import ALL, Period, Unit
from interactions.queries.reach import OLDEST as OLDEST
from interactions.queries.reach import Reach as Reach
from interactions.queries.reach import horizon as horizon
from interactions.queries.reach import is_over as is_over

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def reach(index: Index, now: datetime, zone: tzinfo = UTC, import_id: int | None = None) -> Reach:
    """The reach of an environment's records, or of those of one import; days are those of ``zone``."""
    whole = Filter(import_id=import_id)
    first, last = _ends(index, whole)
    if first is None or last is None:
        return Reach()
    newest: datetime | None = last
    everything, later = ALL, None
    if last >= (hour := Unit.HOUR.after(Unit.HOUR.floor(now, zone), zone)):
        newest = _ends(index, whole.during(Period(None, hour)))[1]
    if last >= (beyond := horizon(now, zone)):
        until = _ends(index, whole.during(Period(None, beyond)))[1]
        everything = Period(None, beyond if until is None else Unit.DAY.after(Unit.DAY.floor(until, zone), zone))
        later = Period(beyond, None)
    begins = first if first >= OLDEST else _ends(index, whole.during(Period(OLDEST, None)))[0] or first
    return Reach(first, last, newest, begins, everything, later)


def _ends(index: Index, filter: Filter) -> tuple[datetime | None, datetime | None]:
    """The first and the last of the records that are meant; not kept, so that a page's looks stay."""
    span = Look(index, filter).span
    if span is None:
        return None, None
    first, last = (_EPOCH + timedelta(microseconds=each) for each in span)
    return first, last
