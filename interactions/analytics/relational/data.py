"""The input of every question: the table, its hidden people, its links, and its user agents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import ibis

from interactions.analytics.cohorts import CohortCondition
from interactions.analytics.filters import Filter
from interactions.analytics.relational.hidden import without
from interactions.contract.tombstones import Tombstones

NOBODY: Final = Tombstones.of([])


@dataclass(frozen=True, eq=False)
class DataSet:
    """All records of an environment: ``table`` has the columns of TABLE_SCHEMA. Made anew for each question.

    Records of ``hidden`` people count nowhere. ``agents`` are the user agents that occur, None for records without one;
    only questions about devices need them. ``links``: a user's and a visitor's key each, who are one person though no
    record of the table bears both (``warehouse.links``).
    """

    table: ibis.Table
    hidden: Tombstones = NOBODY
    agents: tuple[str | None, ...] = ()
    links: tuple[tuple[int, int], ...] = ()

    @cached_property
    def visible(self) -> ibis.Table:
        """Every record except those of hidden people."""
        return without(self.table, self.hidden)

    def within(self, filter: Filter) -> ibis.Table:
        """The visible records that pass ``filter``."""
        from interactions.analytics.relational.cohorts import marked  # which asks the data set itself

        def mark(condition: CohortCondition, rows: ibis.Table, name: str) -> ibis.Table:
            return marked(rows, self, condition, name)

        return filter.within(self.visible, agents=self.agents, mark=mark)
