"""Answers ahead of the questions: whoever opens the dashboard after a large import need not wait."""

from __future__ import annotations

from datetime import UTC, tzinfo

from interactions.queries.assisted import assisted, assisted_over_time
from interactions.queries.dashboard import EVERYTHING, by_type, over_time, rhythm, sparklines, totals
from interactions.queries.funnel import funnel, usual_steps
from interactions.queries.period import ALL, default_unit
from interactions.queries.tops import Subject, top


def prepare(environment: str, zone: tzinfo = UTC) -> None:
    """Ask all that the dashboard shows before anything is chosen, what is seen first, first. Raises DataSetBusy."""
    found = totals(environment)
    if found is None:
        return
    unit = default_unit(*ALL.bounded(found.first, found.last), zone)
    types = by_type(environment)
    over_time(environment, EVERYTHING, unit, zone)
    sparklines(environment, EVERYTHING, unit, zone)
    rhythm(environment, EVERYTHING, zone)
    funnel(environment, EVERYTHING, usual_steps(set(types["type"])))
    for subject in Subject:
        top(environment, EVERYTHING, subject)
    assisted(environment, EVERYTHING)
    assisted_over_time(environment, EVERYTHING, unit, zone)
