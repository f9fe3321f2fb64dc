"""Moments as clocks on walls and people say them: everything that writes a date or a time for people comes by here.

A record may be of any moment of the years 1 to 9999 in UTC. At either end the clock of a zone is in a year that no
datetime can say, and pandas would go there all the same and fail when it is written.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Final

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC)


def plain(moment: datetime) -> datetime:
    """``moment`` as Python's own datetime, in its zone: one of pandas is cut to microseconds."""
    return moment if type(moment) is datetime else datetime.combine(moment.date(), moment.timetz())


def local(moment: datetime, zone: tzinfo) -> datetime:
    """What the clock in ``zone`` says, held at the ends of the calendar."""
    try:
        return plain(moment).astimezone(zone)
    except OverflowError:
        return (EARLIEST if moment.year < LATEST.year else LATEST).replace(tzinfo=zone)


def written(moment: date, form: str) -> str:
    """``strftime`` with four digits of the year, which that does not give below 1000."""
    return moment.strftime(form.replace("%Y", f"{moment.year:04}"))


def written_in(zone: tzinfo, moment: datetime, form: str) -> str:
    """As :func:`written`, of what the clock in ``zone`` says."""
    return written(local(moment, zone), form)


def in_utc(moment: datetime, timespec: str = "auto") -> str:
    """RFC 3339 in UTC with ``+00:00``, as the ``datetime`` of a ``<time>`` has it."""
    return plain(moment).astimezone(UTC).isoformat(timespec=timespec)
