"""All checks of an environment and the verdict over them, and what one import changed in them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from interactions.models import Environment, Import
from interactions.queries import health
from interactions.readiness.check import Check, Section, Verdict
from interactions.readiness.data import data_checks
from interactions.readiness.refused import refused_checks
from interactions.readiness.thresholds import thresholds_of


class Overall(StrEnum):
    """Whether to train on it; the text is what pages say."""

    READY = "Ready"
    NEARLY = "Nearly ready"
    NOT_YET = "Not yet ready"


@dataclass(frozen=True, slots=True)
class Report:
    """The checks of an environment as it is now."""

    records: int
    checks: list[Check]

    @property
    def overall(self) -> Overall:
        """Not yet: no records, or something essential is poor. Ready: nothing is poor, nor anything essential fair."""
        if not self.records or any(check.essential and check.verdict is Verdict.POOR for check in self.checks):
            return Overall.NOT_YET
        wanting = (
            check.verdict is Verdict.POOR or (check.essential and check.verdict is Verdict.FAIR)
            for check in self.checks
        )
        return Overall.NEARLY if any(wanting) else Overall.READY

    @property
    def tally(self) -> dict[str, int]:
        """How many checks have each verdict."""
        counts = Counter(check.verdict for check in self.checks)
        return {verdict.value: counts[verdict] for verdict in Verdict}

    @property
    def sections(self) -> list[tuple[Section, list[Check]]]:
        """The checks by section; within one, in the order in which they were made."""
        return [(section, [check for check in self.checks if check.section is section]) for section in Section]

    @property
    def to_do(self) -> list[Check]:
        """What is poor, then what is fair; what is essential first."""
        wanting = [check for check in self.checks if check.verdict in (Verdict.POOR, Verdict.FAIR)]
        return sorted(wanting, key=lambda check: (check.verdict is Verdict.FAIR, not check.essential))


@dataclass(frozen=True, slots=True)
class Change:
    """A check before an import, and after it."""

    before: Check
    after: Check


def report(environment: Environment) -> Report:
    """Every check of ``environment``. Raises DataSetBusy."""
    thresholds = thresholds_of(environment.thresholds)
    found = health.measure(environment.slug, environment.zone)
    checks = data_checks(found, thresholds) + refused_checks(environment, thresholds)
    return Report(found.records, checks)


def changes(imp: Import) -> tuple[Report, Report, list[Change]]:
    """The report without the records of one import, the one with them, and the checks whose verdict differs.

    Only checks of the records themselves. Raises DataSetBusy.
    """
    environment = imp.environment
    thresholds = thresholds_of(environment.thresholds)
    reports = []
    for without in (imp.pk, None):
        found = health.measure(environment.slug, environment.zone, without_import=without)
        reports.append(Report(found.records, data_checks(found, thresholds)))
    before, after = reports
    pairs = zip(before.checks, after.checks, strict=True)
    return before, after, [Change(*pair) for pair in pairs if pair[0].verdict is not pair[1].verdict]
