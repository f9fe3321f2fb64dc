"""Records whose dates can hardly be right: how many there are, and where to see them."""

from __future__ import annotations

from dataclasses import dataclass

from interactions.console.filter_choice import FilterChoice
from interactions.queries.dashboard import by_type
from interactions.queries.filter import Filter
from interactions.queries.period import Period
from interactions.queries.reach import OLDEST, Reach


@dataclass(frozen=True, slots=True)
class OddDates:
    """How many records are dated ``later`` than tomorrow and ``earlier`` than 2000, and the addresses of both.

    ``since`` is the address of everything from 2000 on; empty where nothing is.
    """

    later: int
    earlier: int
    show_later: str
    show_earlier: str
    since: str

    def __bool__(self) -> bool:
        return bool(self.later or self.earlier)

    @classmethod
    def of(cls, environment: str, reach: Reach, choice: FilterChoice) -> OddDates:
        """Of the records that ``choice`` lets through, whatever its period. Raises DataSetBusy."""
        before = Period(None, OLDEST) if reach.first and reach.first < OLDEST else None
        since = Period(reach.begins, None) if before and reach.begins and reach.begins >= OLDEST else None
        return cls(
            _count(environment, choice.parts, reach.later),
            _count(environment, choice.parts, before),
            _address(choice, reach.later),
            _address(choice, before),
            _address(choice, since and Period(since.start, reach.everything.end)),
        )


def _count(environment: str, parts: Filter, period: Period | None) -> int:
    return int(by_type(environment, parts.during(period))["records"].sum()) if period else 0


def _address(choice: FilterChoice, period: Period | None) -> str:
    return choice.during(period).query(unit=None) if period else ""
