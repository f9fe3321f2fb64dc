"""Answers ahead of the questions: whoever opens the dashboard after a large import need not wait."""

from __future__ import annotations

from datetime import UTC, tzinfo

from interactions.queries.assisted import assisted, assisted_over_time
from interactions.queries.dashboard import EVERYTHING, Totals, by_type, over_time, rhythm, sparklines, totals
from interactions.queries.funnel import funnel, usual_steps
from interactions.queries.period import ALL, Unit, default_unit
from interactions.queries.tops import Subject, top


def prepare(environment: str, zone: tzinfo = UTC) -> None:
    """Ask all that the dashboard shows before anything is chosen, what is seen first, first. Raises DataSetBusy."""
    found = first_look(environment, zone)
    if found is None:
        return
    _totals, unit = found
    over_time(environment, EVERYTHING, unit, zone)
    sparklines(environment, EVERYTHING, unit, zone)
    rhythm(environment, EVERYTHING, zone)
    funnel(environment, EVERYTHING, usual_steps(set(by_type(environment)["type"])))
    for subject in Subject:
        top(environment, EVERYTHING, subject)
    assisted(environment, EVERYTHING)
    assisted_over_time(environment, EVERYTHING, unit, zone)


def first_look(environment: str, zone: tzinfo = UTC) -> tuple[Totals, Unit] | None:
    """The totals of all there is, and the unit of the bars in which it is shown at first; None without a record."""
    types = by_type(environment)
    if types.empty:
        return None
    first, last = types["first"].min().to_pydatetime(), types["last"].max().to_pydatetime()
    unit = default_unit(*ALL.bounded(first, last), zone)
    found = totals(environment, EVERYTHING, unit, zone)
    return (found, unit) if found else None
