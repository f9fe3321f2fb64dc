"""Answers ahead of the questions: whoever opens the dashboard after a large import need not wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from interactions.analytics.filters import Filter
from interactions.analytics.periods import ALL, Unit, default_unit
from interactions.queries.assisted import assisted, assisted_over_time
from interactions.queries.dashboard import EVERYTHING, Totals, by_type, over_time, rhythm, sparklines, totals
from interactions.queries.funnel import funnel, usual_steps
from interactions.queries.reach import Reach, reach
from interactions.queries.tops import Subject, top


def prepare(environment: str, zone: tzinfo = UTC) -> None:
    """Ask all that the dashboard shows before anything is chosen, what is seen first, first. Raises DataSetBusy."""
    found = first_look(environment, zone)
    if found is None:
        return
    unit, filter = found.unit, found.filter
    over_time(environment, filter, unit, zone)
    sparklines(environment, filter, unit, zone)
    rhythm(environment, filter, zone)
    funnel(environment, filter, usual_steps(set(by_type(environment, filter)["type"])))
    for subject in Subject:
        top(environment, filter, subject)
    assisted(environment, filter)
    assisted_over_time(environment, filter, unit, zone)


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What is seen before anything is chosen: the totals of ``filter``, in bars of ``unit``."""

    totals: Totals
    filter: Filter
    unit: Unit
    reach: Reach


def first_look(environment: str, zone: tzinfo = UTC) -> FirstLook | None:
    """The totals of all time, as :mod:`interactions.queries.reach` has it; None without a record.

    Where all records are dated in the future, they are all time.
    """
    found = reach(environment, datetime.now(UTC), zone)
    if found.first is None or found.last is None:
        return None
    period = ALL if found.newest is None else found.everything
    filter = EVERYTHING.during(period)
    unit = default_unit(*period.bounded(found.first, found.last), zone)
    of_all = totals(environment, filter, unit, zone)
    return FirstLook(of_all, filter, unit, found) if of_all else None
