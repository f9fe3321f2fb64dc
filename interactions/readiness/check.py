"""One check: a value, a verdict on it, why it matters, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from interactions.readiness.thresholds import Threshold, ValueUnit


class Verdict(StrEnum):
    """The result of a check; UNKNOWN if there is too little data."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    UNKNOWN = "unknown"


class CheckSection(StrEnum):
    """The sections in which checks are shown."""

    HISTORY = "History"
    TYPES = "Types"
    IDS = "People and products"
    TIMES = "Times and duplicates"
    REFUSED = "Refused"


@dataclass(frozen=True, slots=True)
class RefusalReason:
    """Why records were refused, and how many."""

    path: str
    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class Check:
    """A check. ``value`` is in ``threshold.unit``, None if it's unknown; ``detail`` says what was counted.

    If an ``essential`` check is poor, the data set isn't ready.
    """

    name: str
    section: CheckSection
    value: float | None
    threshold: Threshold
    detail: str
    why: str
    advice: str
    essential: bool = False
    causes: list[RefusalReason] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.threshold.title

    @property
    def unit(self) -> ValueUnit:
        return self.threshold.unit

    @property
    def verdict(self) -> Verdict:
        if self.value is None:
            return Verdict.UNKNOWN
        good, poor, value = self.threshold.good, self.threshold.poor, self.value
        if not self.threshold.more_is_better:
            good, poor, value = -good, -poor, -value
        if value >= good:
            return Verdict.GOOD
        return Verdict.POOR if value < poor else Verdict.FAIR
