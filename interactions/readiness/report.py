"""All checks of an environment and the overall verdict, and what one import changed."""

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
    """The overall verdict, as shown on pages."""

    READY = "Ready"
    NEARLY = "Nearly ready"
    NOT_YET = "Not yet ready"


MANY_POOR: Final = 3
RULE: Final = {
    Overall.READY: "No check is poor, and every essential check is good.",
    Overall.NEARLY: "One or two checks are poor, or an essential check is fair.",
    Overall.NOT_YET: "An essential check is poor, or three checks or more are.",
}
"""The rule for each verdict, for pages and documentation. Unknown checks don't count."""


@dataclass(frozen=True, slots=True)
class Report:
    """The current checks of an environment."""

    records: int
    checks: list[Check]

    @property
    def overall(self) -> Overall:
        """The overall verdict, by RULE."""
        poor = [check for check in self.checks if check.verdict is Verdict.POOR]
        if not self.records or self.lacks or len(poor) >= MANY_POOR:
            return Overall.NOT_YET
        wanting = any(check.essential and check.verdict is Verdict.FAIR for check in self.checks)
        return Overall.NEARLY if poor or wanting else Overall.READY

    @property
    def lacks(self) -> bool:
        """Whether an essential check is poor."""
        return any(check.essential and check.verdict is Verdict.POOR for check in self.checks)

    @property
    def rule(self) -> list[tuple[str, str]]:
        """RULE, with the verdicts as text."""
        return [(overall.value, words) for overall, words in RULE.items()]

    @property
    def tally(self) -> dict[str, int]:
        """How many checks have each verdict."""
        counts = Counter(check.verdict for check in self.checks)
        return {verdict.value: counts[verdict] for verdict in Verdict}

    @property
    def sections(self) -> list[tuple[CheckSection, list[Check]]]:
        """The checks by section, in display order."""
        return [(section, [check for check in self.checks if check.section is section]) for section in CheckSection]

    @property
    def to_do(self) -> list[Check]:
        """The poor checks, then the fair ones; essential ones first."""
        wanting = [check for check in self.checks if check.verdict in (Verdict.POOR, Verdict.FAIR)]
        return sorted(wanting, key=lambda check: (check.verdict is Verdict.FAIR, not check.essential))


@dataclass(frozen=True, slots=True)
class CheckChange:
    """A check before and after an import."""

    before: Check
    after: Check


def report(environment: Environment, *, without_import: int | None = None) -> Report:
    """All checks of ``environment``, optionally as if without the records of one import.

    Raises IndexBeingBuilt.
    """
    thresholds = thresholds_of(environment.thresholds)
    found = measure(settled(environment.slug), environment.zone, without_import=without_import)
    refused = refused_checks(environment, thresholds, without_import=without_import)
    return Report(found.records, data_checks(found, thresholds) + refused)


def changes(imp: Import) -> tuple[Report, Report, list[CheckChange]]:
    """The reports without and with an import, and the checks with different verdicts.

    Checks that were unknown before and are good now aren't included. Raises IndexBeingBuilt.
    """
    before, after = (report(imp.environment, without_import=without) for without in (imp.pk, None))
    pairs = [CheckChange(*pair) for pair in zip(before.checks, after.checks, strict=True)]
    return before, after, [pair for pair in pairs if _is_news(pair)]


def _is_news(pair: CheckChange) -> bool:
    before, after = pair.before.verdict, pair.after.verdict
    return before is not after and (before, after) != (Verdict.UNKNOWN, Verdict.GOOD)
