"""Records whose dates can hardly be right: how many there are, and where to see them."""

from __future__ import annotations

from dataclasses import dataclass

from interactions.analytics.filters import Filter
from interactions.analytics.periods import Period
from interactions.console.filter_choice import FilterChoice
from interactions.contract.moments import local
from interactions.queries.dashboard import by_type
from interactions.queries.reach import OLDEST, Reach


@dataclass(frozen=True, slots=True)
class OddDates:
    """How many records are dated ``later`` than tomorrow and ``earlier`` than the year ``before``, and the addresses of
    both.

    Earlier ones are those that "all time" leaves out, or all from before 2000. ``since`` is the address of everything
    from then on; empty where it leaves them out already, or nothing is left.
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
    def of(cls, environment: str, reach: Reach, choice: FilterChoice) -> OddDates:
        """Of the records that ``choice`` lets through, whatever its period. Raises DataSetBusy."""
        before, since = reach.earlier, None
        if before is None and reach.first and reach.first < OLDEST:
            before = Period(None, OLDEST)
            if reach.begins and reach.begins >= OLDEST:
                since = Period(reach.begins, reach.everything.end)
        return cls(
            _count(environment, choice.parts, reach.later),
            _count(environment, choice.parts, before),
            _year(before, choice),
            _address(choice, reach.later),
            _address(choice, before),
            _address(choice, since),
        )


def _year(before: Period | None, choice: FilterChoice) -> int:
    """The year that begins where the period ends."""
    if before is None or before.end is None or before.end == OLDEST:
        return OLDEST.year
    return local(before.end, choice.zone).year


def _count(environment: str, parts: Filter, period: Period | None) -> int:
    return int(by_type(environment, parts.during(period))["records"].sum()) if period else 0


def _address(choice: FilterChoice, period: Period | None) -> str:
    return choice.during(period).query(unit=None) if period else ""
