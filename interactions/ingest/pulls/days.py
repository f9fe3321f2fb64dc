"""Decide which day of a tool is due: the first one that hasn't been pulled, or that has to be pulled again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from interactions.ingest.pulls.sources import PULL_SOURCES, PullSource, whole_hour, zone_of
from interactions.models import Pull, PulledDay

_DAY = timedelta(days=1)
_LOOK = timedelta(hours=1)


def next_day(pull: Pull, now: datetime) -> PulledDay | None:
    """The day to pull now, whose row is created if necessary; None if none is due.

    A day that has been started comes first, then days that were never pulled, oldest first, then those with late
    events.
    """
    begun = pull.days.filter(state=PulledDay.State.PULLING).order_by("day", "start").first()
    if begun is not None:
        return begun
    source = PULL_SOURCES[pull.connection.source]
    pulled = _pulled(pull)
    due = _due(pull, source, pulled, now)
    if not due:
        return None
    day, again = due[0]
    start, end = bounds(pull, day)
    return PulledDay.objects.get_or_create(pull=pull, start=start, end=end, again=again, defaults={"day": day})[0]


def behind(pull: Pull, now: datetime) -> int:
    """How many days are over, with all of their events there, and not pulled: those that were begun count as well."""
    source = PULL_SOURCES[pull.connection.source]
    begun = pull.days.filter(state=PulledDay.State.PULLING, again=False).values("day").distinct().count()
    return begun + sum(not again for _, again in _due(pull, source, _pulled(pull), now))


def next_look(pull: Pull, now: datetime) -> datetime:
    """When to check again if no day is due now."""
    source = PULL_SOURCES[pull.connection.source]
    today = now.astimezone(zone_of(pull)).date()
    ends = (bounds(pull, day)[1] + source.settle for day in (today - _DAY, today))
    return min((end for end in ends if end > now), default=now + _LOOK)


def bounds(pull: Pull, day: date) -> tuple[datetime, datetime]:
    """The start and end of a day in the project's time zone. Both in UTC, at whole hours."""
    zone = zone_of(pull)
    starts = (datetime.combine(each, time(), zone) for each in (day, day + _DAY))
    start, end = (whole_hour(each) for each in starts)
    return start, end


def _pulled(pull: Pull) -> dict[tuple[date, bool], datetime | None]:
    """When each day was pulled, by day and whether it was the second time. For a split day, that of any part."""
    return {(day, again): at for day, again, at in pull.days.values_list("day", "again", "pulled_at")}


def _due(
    pull: Pull, source: PullSource, pulled: dict[tuple[date, bool], datetime | None], now: datetime
) -> list[tuple[date, bool]]:
    """The days that are over and were never pulled; if there are none, those whose late events are missing."""
    last = now.astimezone(zone_of(pull)).date()
    days = [pull.since + number * _DAY for number in range((last - pull.since).days + 1)]
    over = {day: bounds(pull, day)[1] for day in days}
    ready = [day for day in days if over[day] + source.settle <= now]
    first = [(day, False) for day in ready if (day, False) not in pulled]
    late = source.late
    if first or late is None:
        return first
    missing = (day for day in ready if (day, True) not in pulled)
    return [(day, True) for day in missing if _misses_late(pulled[day, False], over[day] + late, now)]


def _misses_late(pulled_at: datetime | None, late: datetime, now: datetime) -> bool:
    """Whether a day was pulled before its late events arrived, and they should have arrived by now."""
    return pulled_at is not None and pulled_at < late <= now
