"""Cohorts: people chosen by what they did, how often and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

import ibis
import numpy as np
import pyarrow as pa

from interactions.analytics.conditions import FIELDS, Condition
from interactions.analytics.periods import ALL, Period

IDS: Final = frozenset({"user_id", "anonymous_id", "user_key", "anonymous_key"})
"""Fields that no rule may have a condition on: a cohort is chosen by deeds, and names nobody."""


@dataclass(frozen=True, slots=True)
class CohortRule:
    """A person did something ``at_least`` so many times; with ``is_not``, fewer times, or never.

    What counts are records of one of the ``types`` (of any type, if empty) that meet all ``conditions``, in ``period``.
    ``days`` says that the period is the last so many days, see :meth:`counted_back`. Raises ValueError for a number
    below 1, and for a condition on an id.
    """

    types: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    at_least: int = 1
    period: Period = ALL
    days: int | None = None
    is_not: bool = False

    def __post_init__(self) -> None:
        if self.at_least < 1 or (self.days is not None and self.days < 1):
            raise ValueError("A rule of a cohort counts from 1.")
        if any(each.field in IDS for each in self.conditions):
            raise ValueError("A cohort can't be chosen by ids of people.")

    @property
    def key(self) -> Any:
        """Equal for rules that mean the same; of JSON's types."""
        bounds = [bound and bound.astimezone(UTC).isoformat() for bound in (self.period.start, self.period.end)]
        conditions = sorted((each.key for each in self.conditions), key=repr)
        return [self.is_not, sorted(self.types), conditions, self.at_least, bounds, self.days]

    def counted_back(self, newest: datetime | None, zone: tzinfo) -> CohortRule:
        """The rule with the period that ``days`` are: whole days up to that of the ``newest`` record, as in presets.

        Without any record it doesn't matter what they are.
        """
        if self.days is None:
            return self
        period = ALL if newest is None else Period.last_days(self.days, newest, zone)
        return replace(self, period=period, days=None)


@dataclass(frozen=True, slots=True)
class CohortDefinition:
    """The people to whom all ``rules`` apply, of those with any record. ``pk`` and ``name`` say which cohort it is."""

    pk: int
    name: str
    rules: tuple[CohortRule, ...]

    @property
    def key(self) -> Any:
        """Equal for cohorts of the same people, whatever they are called."""
        return sorted((rule.key for rule in self.rules), key=repr)

    def counted_back(self, newest: datetime | None, zone: tzinfo) -> CohortDefinition:
        """The cohort as of the ``newest`` record; engines need it so."""
        return replace(self, rules=tuple(rule.counted_back(newest, zone) for rule in self.rules))


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """The keys (int64) of ids whose records are of a cohort's people.

    Records with one of the ``users``, and those without a user that have one of the ``visitors``. Of these, ``alone``
    are people by themselves; the others belong to a user.
    """

    users: np.ndarray
    visitors: np.ndarray
    alone: np.ndarray


@dataclass(frozen=True, slots=True)
class CohortCondition:
    """A record's person is in one of the ``cohorts``; with ``is_not``, in none of them.

    Nobody's records are in no cohort, so they pass ``is_not``. ``members`` are only needed to filter rows by, see
    :func:`interactions.analytics.reports.cohorts.with_members`.
    """

    cohorts: tuple[CohortDefinition, ...]
    is_not: bool = False
    members: Any = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> Any:
        """Equal for conditions that mean the same."""
        return [self.is_not, sorted((each.key for each in self.cohorts), key=repr)]

    @property
    def order(self) -> tuple[int, str, bool, bool]:
        """The sort key among conditions of which one has to hold: after those on fields, see ``Condition.order``."""
        return len(FIELDS) + 1, "cohort", self.is_not, False

    @property
    def is_relative(self) -> bool:
        """Whether a rule counts back from the newest record."""
        return any(rule.days is not None for each in self.cohorts for rule in each.rules)

    def counted_back(self, newest: datetime | None, zone: tzinfo) -> CohortCondition:
        """The condition as of the ``newest`` record."""
        return replace(self, cohorts=tuple(each.counted_back(newest, zone) for each in self.cohorts))

    def marked(self, table: ibis.Table, name: str) -> ibis.Table:
        """``table`` with the column ``name``: whether a row passes, by ``members``. Raises ValueError without them."""
        if not isinstance(self.members, Members):
            raise ValueError("Rows can only be filtered by a cohort if its members are known.")
        users, visitors = _keys("member_user", self.members.users), _keys("member_visitor", self.members.visitors)
        rows = table.left_join(users, [table.user_key == users.member_user])
        rows = rows.left_join(visitors, [rows.anonymous_key == visitors.member_visitor, rows.user_key.isnull()])
        is_in = rows.member_user.notnull() | rows.member_visitor.notnull()
        return rows.mutate(**{name: ~is_in if self.is_not else is_in}).drop("member_user", "member_visitor")


def uses(conditions: Sequence[CohortCondition], field: str) -> bool:
    """Whether any rule of these cohorts has a condition on ``field``."""
    rules = (rule for condition in conditions for each in condition.cohorts for rule in each.rules)
    return any(each.field == field for rule in rules for each in rule.conditions)


def _keys(name: str, keys: np.ndarray) -> ibis.Table:
    return ibis.memtable(pa.table({name: pa.array(keys, pa.int64())}))
