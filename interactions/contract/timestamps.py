"""Timestamps as text, read by the rule: RFC 3339, with what ``CONTRACT.md`` lets pass.

The one place that says so in Python; ``tokens.moment`` says the same in the compiled loops.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_SPELLED = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):?([0-9]{2}))"
)
# Nearly all there are: of days that every month has, in UTC. To read each took a third of the time of a large call.
_USUAL = re.compile(
    r"(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])[Tt ]"
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?[Zz]"
)
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)
_BEFORE_THE_FIRST, _FIRST = ["0000", "12", "31"], ["0001", "01", "01"]


def is_instant(text: str) -> bool:
    """Whether ``text`` names an instant, see :func:`instant`."""
    return _USUAL.fullmatch(text) is not None or instant(text) is not None


def instant(text: str) -> datetime | None:
    """The instant that ``text`` names, in UTC and cut to microseconds; None where it is no timestamp.

    ``:60`` is the second that follows 23:59:59 in UTC, and none elsewhere. The year is 1 to 9999 once it is in UTC.
    """
    found = _SPELLED.fullmatch(text)
    if found is None:
        return None
    *parts, fraction, sign, hours, minutes = found.groups()
    if int(hours or 0) > 23 or int(minutes or 0) > 59:
        return None
    east = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    if parts[:3] == _BEFORE_THE_FIRST:  # a day that Python does not know, and that may be of the year 1 in UTC
        parts[:3], east = _FIRST, east + _DAY
    year, month, day, hour, minute, second = map(int, parts)
    is_leap = second == 60
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        moment = datetime(year, month, day, hour, minute, second - is_leap, microsecond, UTC) - east
        if not is_leap:
            return moment
        return moment + _SECOND if (moment.hour, moment.minute) == (23, 59) else None
    except (ValueError, OverflowError):
        return None
