"""Records with implausible dates: how many there are, and links to them."""

from __future__ import annotations

from dataclasses import dataclass

from interactions.analytics.data_sets import Engine
from interactions.analytics.filters import Filter
from interactions.analytics.periods import OLDEST, Period
from interactions.analytics.reports.reach import Reach
from interactions.analytics.reports.totals import count
from interactions.contract.moments import local
from interactions.questions.choice import FilterQuery


@dataclass(frozen=True, slots=True)
class OddDates:
    """How many records are dated after tomorrow (``later``) or before the year ``before`` (``earlier``), with links.

    Earlier records are those that "all time" excludes, or else all from before 2000. ``since`` links to all records
    from then on; it's empty if they are excluded already or nothing would be left.
    """

    later: int
    earlier: int
    before: int
    show_later: str
    show_earlier: str
    since: str

    def __bool__(self) -> bool:
        return bool(self.later or self.earlier)

    @classmethod
    def of(cls, engine: Engine, reach: Reach, choice: FilterQuery) -> OddDates:
        """For the records that match ``choice``, ignoring its period."""
        before, since = reach.earlier, None
        if before is None and reach.first and reach.first < OLDEST:
            before = Period(None, OLDEST)
            if reach.begins and reach.begins >= OLDEST:
                since = Period(reach.begins, reach.everything.end)
        parts = choice.counted_back(reach.newest).parts
        return cls(
            _count(engine, parts, reach.later),
            _count(engine, parts, before),
            _year(before, choice),
            _address(choice, reach.later),
            _address(choice, before),
            _address(choice, since),
        )


def _year(before: Period | None, choice: FilterQuery) -> int:
    """The year in which the period ends."""
    if before is None or before.end is None or before.end == OLDEST:
        return OLDEST.year
    return local(before.end, choice.zone).year


def _count(engine: Engine, parts: Filter, period: Period | None) -> int:
    return count(engine, parts.during(period)) if period else 0


def _address(choice: FilterQuery, period: Period | None) -> str:
    return choice.during(period).query(unit=None) if period else ""
