"""Times as numbers: microseconds since 1970, in UTC. All arithmetic on times uses them.

Engines differ in how they subtract, truncate and extract timestamps, above all in zones; they agree on whole numbers.
"""

from __future__ import annotations

from typing import Final

import ibis

SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
NEVER: Final = (1 << 63) - 1
"""Later than every moment."""
_SHIFT: Final = 150_000 * WEEK  # from long before the year 1: makes every number positive; 1970 began on a Thursday


def microseconds(moment: ibis.Value) -> ibis.Value:
    """Microseconds since 1970 of a timestamp in UTC."""
    return seconds(moment) * SECOND + moment.strftime("%f").cast("int64")


def seconds(moment: ibis.Value) -> ibis.Value:
    """Whole seconds since 1970, rounded down."""
    # Some engines give them as a double, which can't hold the microseconds of far years; so these come separately.
    return moment.truncate("s").epoch_seconds().cast("float64").cast("int64")


def floor(number: ibis.Value, width: int) -> ibis.Value:
    """``number`` rounded down to a multiple of ``width``, which divides a week; also below 0."""
    return number - (number + _SHIFT) % width


def since_monday(number: ibis.Value) -> ibis.Value:
    """Microseconds since the last Monday, 00:00."""
    return (number + _SHIFT + 3 * DAY) % WEEK
