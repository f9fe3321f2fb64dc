"""All checks of an environment and the verdict over them, and what one import changed in them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from interactions.analytics.data_sets import settled
from interactions.analytics.reports.data_quality import measure
from interactions.models import Environment, Import
from interactions.readiness.check import Check, CheckSection, Verdict
from interactions.readiness.data import data_checks
from interactions.readiness.refused import refused_checks
from interactions.readiness.thresholds import thresholds_of


class Overall(StrEnum):
    """Whether to train on it; the text is what pages say."""

    READY = "Ready"
    NEARLY = "Nearly ready"
    NOT_YET = "Not yet ready"


MANY_POOR: Final = 3
RULE: Final = {
    Overall.READY: "No check is poor, and every essential check is good.",
    Overall.NEARLY: "One or two checks are poor, or an essential check is fair.",
    Overall.NOT_YET: "An essential check is poor, or three checks or more are.",
}
"""When each verdict is given, as pages and documentation say it. Checks that can't be judged don't count."""


@dataclass(frozen=True, slots=True)
class Report:
    """The checks of an environment as it is now."""

    records: int
    checks: list[Check]

    @property
    def overall(self) -> Overall:
        """What follows from the checks, by RULE."""
        poor = [check for check in self.checks if check.verdict is Verdict.POOR]
        if not self.records or self.lacks or len(poor) >= MANY_POOR:
            return Overall.NOT_YET
        wanting = any(check.essential and check.verdict is Verdict.FAIR for check in self.checks)
        return Overall.NEARLY if poor or wanting else Overall.READY

    @property
    def lacks(self) -> bool:
        """Whether something essential is poor."""
        return any(check.essential and check.verdict is Verdict.POOR for check in self.checks)

    @property
    def rule(self) -> list[tuple[str, str]]:
        """RULE, by what pages call each verdict."""
        return [(overall.value, words) for overall, words in RULE.items()]

    @property
    def tally(self) -> dict[str, int]:
        """How many checks have each verdict."""
        counts = Counter(check.verdict for check in self.checks)
        return {verdict.value: counts[verdict] for verdict in Verdict}

    @property
    def sections(self) -> list[tuple[CheckSection, list[Check]]]:
        """The checks by section; within one, in the order in which they were made."""
        return [(section, [check for check in self.checks if check.section is section]) for section in CheckSection]

    @property
    def to_do(self) -> list[Check]:
        """What is poor, then what is fair; what is essential first."""
        wanting = [check for check in self.checks if check.verdict in (Verdict.POOR, Verdict.FAIR)]
        return sorted(wanting, key=lambda check: (check.verdict is Verdict.FAIR, not check.essential))


@dataclass(frozen=True, slots=True)
class CheckChange:
    """A check before an import, and after it."""

    before: Check
    after: Check


def report(environment: Environment, *, without_import: int | None = None) -> Report:
    """Every check of ``environment``, or of what it would be without the records of one import.

    Raises IndexBeingBuilt.
    """
    thresholds = thresholds_of(environment.thresholds)
    found = measure(settled(environment.slug), environment.zone, without_import=without_import)
    refused = refused_checks(environment, thresholds, without_import=without_import)
    return Report(found.records, data_checks(found, thresholds) + refused)


def changes(imp: Import) -> tuple[Report, Report, list[CheckChange]]:
    """The report without one import, the one with it, and the checks whose verdict differs.

    What could not be judged before and is good now is no news. Raises IndexBeingBuilt.
    """
    before, after = (report(imp.environment, without_import=without) for without in (imp.pk, None))
    pairs = [CheckChange(*pair) for pair in zip(before.checks, after.checks, strict=True)]
    return before, after, [pair for pair in pairs if _is_news(pair)]


def _is_news(pair: CheckChange) -> bool:
    before, after = pair.before.verdict, pair.after.verdict
    return before is not after and (before, after) != (Verdict.UNKNOWN, Verdict.GOOD)
