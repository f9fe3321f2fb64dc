"""One check: a value, a verdict on it, why it matters, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from interactions.readiness.thresholds import Threshold, ValueUnit


class Verdict(StrEnum):
    """What a check says. UNKNOWN: there is too little to judge by."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    UNKNOWN = "unknown"


class CheckSection(StrEnum):
    """What checks are shown together."""

    HISTORY = "History"
    TYPES = "Types"
    IDS = "People and products"
    TIMES = "Times and duplicates"
    REFUSED = "Refused"


@dataclass(frozen=True, slots=True)
class RefusalReason:
    """A reason why records were refused, and how often."""

    path: str
    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class Check:
    """``value`` is in ``threshold.unit``, None where it cannot be told; ``detail`` says what was counted.

    An ``essential`` one that is poor keeps the data set from being ready.
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
