"""The history of a data set: its days with records, ignoring outliers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

OLDEST: Final = date(2000, 1, 1)  # clocks that aren't set say 1970
_APART: Final = timedelta(days=365)
_FEW: Final = 0.01  # share of all records

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class History:
    """``days`` is the number of days with records, out of ``days_spanned`` from the first to the last.

    ``longest_gap`` has the first and last day of the longest run of days without records. ``strays`` is the number of
    records that aren't counted.
    """

    days: int = 0
    days_spanned: int = 0
    longest_gap: tuple[date, date] | None = None
    strays: int = 0


def history(records: Mapping[date, int], today: date) -> History:
    """The history of ``records`` (counts by day).

    Days before 2000 and after tomorrow aren't counted, nor is a group of days that is more than a year away from all
    others and has less than 1% of the records.
    """
    of_all = sum(records.values())
    possible = sorted(day for day in records if OLDEST <= day <= today + _DAY)
    runs = _runs(possible)
    if len(runs) > 1:
        runs = [run for run in runs if sum(records[day] for day in run) >= _FEW * of_all] or runs
    days = [day for run in runs for day in run]
    if not days:
        return History(strays=of_all)
    strays = of_all - sum(records[day] for day in days)
    return History(len(days), (days[-1] - days[0]).days + 1, _longest_gap(days), strays)


def _runs(days: list[date]) -> list[list[date]]:
    """The days in order, split at gaps of more than a year."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] <= _APART:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _longest_gap(days: list[date]) -> tuple[date, date] | None:
    """The first and last day of the longest run of days without records."""
    gaps = [(before + _DAY, after - _DAY) for before, after in pairwise(days) if after - before > _DAY]
    return max(gaps, key=lambda gap: gap[1] - gap[0]) if gaps else None
