"""The parameters of a breakdown, and its answer: what is measured, by which property."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd
from django.http import QueryDict

from interactions.analytics.conditions import CUSTOM, is_key
from interactions.analytics.filters import Filter
from interactions.analytics.properties import PROPERTIES, Breakdown, Measure
from interactions.analytics.reports.breakdown import MOST_VALUES, breakdown
from interactions.analytics.reports.funnel import usual_steps
from interactions.contract.schema import TYPES
from interactions.questions.parts import one_of
from interactions.questions.question import ReportQuestion

PARAMETERS: Final = ("measure", "by", "goal")
KEY: Final = "custom."
"""The prefix of ``by`` for a key of custom_context."""
_FIRST: Final = "page"


@dataclass(frozen=True, slots=True)
class BreakdownChoice:
    """The parsed parameters. ``by`` is one of PROPERTIES, or KEY and a key; ``goal`` is empty for the default."""

    measure: Measure
    by: str
    goal: str

    @classmethod
    def of(cls, query: QueryDict, mistakes: list[str]) -> BreakdownChoice:
        """Parse a query string. Invalid values are ignored; a sentence about each is added to ``mistakes``."""
        by = query.get("by", "")
        key = by.removeprefix(KEY)
        if not by.startswith(KEY):
            by = one_of(query, "by", list(PROPERTIES), mistakes) or _FIRST
        elif not is_key(key):
            mistakes.append(f"You can't break down by the key {key[:40]!r} of custom_context.")
            by = _FIRST
        measure = Measure(one_of(query, "measure", list(Measure), mistakes) or Measure.RECORDS)
        if (by, measure) == ("product", Measure.PRODUCTS):
            mistakes.append("Products can't be counted by product, so interactions are counted instead.")
            measure = Measure.RECORDS
        return cls(measure, by, one_of(query, "goal", list(TYPES), mistakes) or "")

    @property
    def key(self) -> str:
        """The key of custom_context; empty for other properties."""
        return self.by.removeprefix(KEY) if self.by.startswith(KEY) else ""

    def asked(self, question: ReportQuestion) -> Breakdown:
        """What the report is asked."""
        return Breakdown(CUSTOM + self.key if self.key else self.by, self.measure, self.goal or _last_step(question))


def broken_down(question: ReportQuestion, filter: Filter, asked: Breakdown, limit: int = MOST_VALUES) -> pd.DataFrame:
    """The report as a table, whose columns have the names that the API uses."""
    return breakdown(question.engine, filter, asked, limit).rename(columns={"revenue": "gross_revenue"})


def _last_step(question: ReportQuestion) -> str:
    """The most frequent type that completes the last step of the default funnel."""
    records: Mapping[str, int] = dict(zip(question.types["type"], question.types["records"].tolist(), strict=True))
    return max(usual_steps(set(records))[-1].types, key=lambda name: records.get(name, 0))
