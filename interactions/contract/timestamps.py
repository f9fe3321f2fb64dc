"""Parse timestamps: RFC 3339, with the variations that the contract allows.

``tokens.moment`` is the same in the compiled loops.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_SPELLED = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):?([0-9]{2}))"
)
# Nearly all timestamps: in UTC, on a day that every month has. Parsing each took a third of the time of a large call.
_USUAL = re.compile(
    r"(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])[Tt ]"
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?[Zz]"
)
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)
_BEFORE_THE_FIRST, _FIRST = ["0000", "12", "31"], ["0001", "01", "01"]


def is_instant(text: str) -> bool:
    """Whether ``text`` is a valid timestamp, see :func:`instant`."""
    return _USUAL.fullmatch(text) is not None or instant(text) is not None


def instant(text: str) -> datetime | None:
    """Parse a timestamp, in UTC and truncated to microseconds; None if it's invalid.

    ``:60`` is only valid as the second after 23:59:59 UTC. In UTC, the year must be 1 to 9999.
    """
    found = _SPELLED.fullmatch(text)
    if found is None:
        return None
    *parts, fraction, sign, hours, minutes = found.groups()
    if int(hours or 0) > 23 or int(minutes or 0) > 59:
        return None
    east = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    if parts[:3] == _BEFORE_THE_FIRST:  # a day Python can't represent, which may be in the year 1 in UTC
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
