"""Moments as local time: all dates and times for display are formatted here.

Records can have any timestamp in the years 1 to 9999 in UTC. At either end, local time may be outside of what datetime
can represent; pandas would convert it anyway and fail when formatting it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Final

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC)


def plain(moment: datetime) -> datetime:
    """``moment`` as a plain datetime in its zone; a pandas timestamp is truncated to microseconds."""
    return moment if type(moment) is datetime else datetime.combine(moment.date(), moment.timetz())


def local(moment: datetime, zone: tzinfo) -> datetime:
    """The local time in ``zone``, clamped to the years 1 to 9999."""
    try:
        return plain(moment).astimezone(zone)
    except OverflowError:
        return (EARLIEST if moment.year < LATEST.year else LATEST).replace(tzinfo=zone)


def written(moment: date, form: str) -> str:
    """``strftime``, but with four-digit years even below 1000."""
    return moment.strftime(form.replace("%Y", f"{moment.year:04}"))


def written_in(zone: tzinfo, moment: datetime, form: str) -> str:
    """The local time in ``zone``, formatted by :func:`written`."""
    return written(local(moment, zone), form)


def in_utc(moment: datetime, timespec: str = "auto") -> str:
    """RFC 3339 in UTC with ``+00:00``, for the ``datetime`` attribute of ``<time>``."""
    return plain(moment).astimezone(UTC).isoformat(timespec=timespec)
