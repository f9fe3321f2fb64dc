"""Problems of the last hours by cause, for the Live page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import timezone

from interactions.console import charts
from interactions.ingest.live import calls
from interactions.ingest.live.calls import DeliveryCause
from interactions.models import Environment

HOURS: Final = {1: "1 h", 6: "6 h", 24: "24 h"}
_BAR_MINUTES: Final = {1: 1, 6: 5, 24: 15}
_NAMES: Final = {1: "the last hour", 6: "the last 6 hours", 24: "the last 24 hours"}


@dataclass(frozen=True, slots=True)
class CauseOverTime:
    """A cause and its count per bar."""

    path: str
    rule: str
    counts: list[int]
    colour: str
    last: datetime

    @property
    def label(self) -> str:
        return f"{self.path}: {self.rule}" if self.path else self.rule

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Overview:
    """The problems of the last ``hours``: the starts of the bars and the causes, most frequent first."""

    hours: int
    starts: list[datetime]
    causes: list[CauseOverTime]
    zone: ZoneInfo

    @classmethod
    def of(cls, environment: Environment, hours: int) -> Overview:
        """Raises RingAway."""
        width = _BAR_MINUTES[hours]
        seconds = width * 60
        last = int(timezone.now().timestamp()) // seconds * seconds
        bars = hours * 60 // width
        starts = [datetime.fromtimestamp(last, UTC) - timedelta(minutes=width * back) for back in reversed(range(bars))]
        counts: dict[DeliveryCause, list[int]] = {}
        seen: dict[DeliveryCause, datetime] = {}
        for minute in calls.problems(environment.slug, hours):
            bar = int((minute.at - starts[0]).total_seconds()) // seconds
            if 0 <= bar < bars:
                counts.setdefault(minute.cause, [0] * bars)[bar] += minute.count
                seen[minute.cause] = minute.at
        ranked = sorted(counts, key=lambda cause: (-sum(counts[cause]), cause.path, cause.rule))
        return cls(
            hours,
            starts,
            [
                CauseOverTime(cause.path, cause.rule, counts[cause], charts.colour_of_rank(rank), seen[cause])
                for rank, cause in enumerate(ranked)
            ],
            environment.zone,
        )

    @property
    def period(self) -> str:
        return _NAMES[self.hours]

    @property
    def bar(self) -> str:
        width = _BAR_MINUTES[self.hours]
        return "a minute" if width == 1 else f"in {width} minutes"

    @property
    def total(self) -> int:
        return sum(cause.total for cause in self.causes)

    @property
    def chart(self) -> str:
        """The chart as JSON: the most frequent causes, and the others as one series."""
        shown = {cause.label: cause.counts for cause in self.causes[: len(charts.RANKS)]}
        rest = self.causes[len(charts.RANKS) :]
        if rest:
            shown["Other causes"] = [sum(heights) for heights in zip(*(cause.counts for cause in rest), strict=True)]
        option = charts.causes_over_time(self.starts, shown, self.zone)
        so_far = charts.stamp(self.starts[-1], self.zone)
        shown_as = {"unit": "minute", "label": self.period, "zone": str(self.zone), "so_far": so_far}
        return json.dumps({**shown_as, "option": option})
