"""The records that complete the steps of a funnel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

import ibis
from ibis import _

from interactions.analytics.steps import Step


def with_steps(rows: ibis.Table, steps: Sequence[Step], agents: Sequence[str | None]) -> ibis.Table:
    """``rows`` that complete a step, with ``is_0, is_1 …``: whether they complete each. ``agents`` are those that occur
    in the table."""
    flags = {f"is_{place}": _completes(step, agents) for place, step in enumerate(steps)}
    return rows.mutate(**flags).filter(reduce(or_, [_[name] for name in flags]))


def _completes(step: Step, agents: Sequence[str | None]) -> Any:
    met = [condition.met(lambda: agents).fill_null(False) for condition in step.conditions]
    return reduce(and_, met, _.type.isin(list(step.types)))
