"""When visits happen: hours of the day, days of the week, and a shop that slowly grows."""

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

# Visits per hour of the day (UTC, from midnight) and day of the week (from Monday), against each other.
HOURS = (22, 14, 10, 8, 8, 12, 22, 38, 52, 60, 64, 68, 72, 68, 64, 64, 68, 78, 92, 104, 108, 96, 68, 40)
WEEKDAYS = (104, 98, 96, 98, 92, 96, 116)
GROWTH = 0.25
"""How much busier the end of the period is than its start."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = 3_600_000


class Rhythm:
    """Turns the progress through a data set into time. All times are whole milliseconds since 1970, UTC."""

    def __init__(self, start: datetime, end: datetime) -> None:
        """Raise ValueError where [start, end) lacks a UTC offset or holds no whole millisecond."""
        if start.utcoffset() is None or end.utcoffset() is None:
            raise ValueError("start and end must have a UTC offset.")
        millisecond = timedelta(milliseconds=1)
        self.first = -((_EPOCH - start) // millisecond)
        """The first millisecond at or after `start`."""
        self.last = -((_EPOCH - end) // millisecond) - 1
        """The last millisecond before `end`."""
        if self.first > self.last:
            raise ValueError("start must be at least a millisecond before end.")
        hours = np.arange(self.first // _HOUR, self.last // _HOUR + 1)
        weights = np.array(HOURS)[hours % 24] * np.array(WEEKDAYS)[(hours // 24 + 3) % 7]  # 1970 began on a Thursday
        weights = weights * np.linspace(1, 1 + GROWTH, len(hours))
        self._edges = np.append(hours, hours[-1] + 1) * float(_HOUR)
        self._edges[0], self._edges[-1] = self.first, self.last + 1
        self._reached = np.append(0.0, np.cumsum(weights * np.diff(self._edges)))

    def times(self, progress: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return for each progress in [0, 1] the time at which that share of all visits has begun."""
        moments = np.interp(progress * self._reached[-1], self._reached, self._edges)
        times: NDArray[np.int64] = moments.astype(np.int64).clip(self.first, self.last)
        return times
