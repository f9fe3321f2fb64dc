"""Rules of cohorts as JSON in the database, and the cohorts of an environment as filters take them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, tzinfo
from functools import cached_property
from typing import Any, Final

import msgspec

from interactions.analytics.cohorts import CohortDefinition, CohortRule
from interactions.analytics.conditions import Condition
from interactions.analytics.periods import ALL, Period
from interactions.contract.schema import TYPES
from interactions.models import Cohort, Environment

_EARLIEST: Final = date(1, 1, 2)  # a day in every time zone


class StoredRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule of a cohort. ``first`` and ``last`` are days of the environment, both inclusive, None for no bound."""

    types: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    at_least: int = 1
    days: int | None = None
    first: date | None = None
    last: date | None = None
    is_not: bool = False

    def in_zone(self, zone: tzinfo) -> CohortRule:
        """The rule, with its days in ``zone``."""
        types = tuple(name for name in self.types if name in TYPES)
        period = self._period(zone) if self.days is None else ALL
        return CohortRule(types, self.conditions, self.at_least, period, self.days, self.is_not)

    def _period(self, zone: tzinfo) -> Period:
        first, last = max(self.first or _EARLIEST, _EARLIEST), max(self.last or _EARLIEST, _EARLIEST)
        start = Period.of_days(first, first, zone).start if self.first else None
        return Period(start, Period.of_days(last, last, zone).end if self.last else None)


def rules_of(cohort: Cohort) -> tuple[StoredRule, ...]:
    """The rules of a cohort."""
    return msgspec.convert(cohort.rules, tuple[StoredRule, ...])


def json_of(rules: Sequence[StoredRule]) -> Any:
    """Rules for ``Cohort.rules``."""
    return msgspec.to_builtins(list(rules))


def definition_of(cohort: Cohort, zone: tzinfo) -> CohortDefinition:
    """A cohort as filters take it, with its days in ``zone``."""
    return CohortDefinition(cohort.pk, cohort.name, tuple(rule.in_zone(zone) for rule in rules_of(cohort)))


class KnownCohorts:
    """The cohorts of an environment, read from the database when somebody asks for one."""

    def __init__(self, environment: Environment | None) -> None:
        self.environment = environment

    @property
    def zone(self) -> tzinfo:
        """The time zone of days in which cohorts count back."""
        return self.environment.zone if self.environment else UTC

    @cached_property
    def by_id(self) -> dict[int, CohortDefinition]:
        """In order of their names."""
        here = self.environment
        return {each.pk: definition_of(each, here.zone) for each in here.cohorts.all()} if here else {}


NO_COHORTS: Final = KnownCohorts(None)
