"""How the Records page is sorted: by time, or by a column; and the headings that sort it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from django.http import QueryDict

from interactions.analytics.reports.record_sorted import SORTED, RecordOrder
from interactions.console.filter.choice import FilterChoice
from interactions.console.records.cells import RecordColumn

_NEWEST: Final = "newest"
_BY_TIME: Final = {_NEWEST: False, "oldest": True}
_RECEIVED: Final = {"last-received": "-received_at", "first-received": "received_at"}  # what these were called before


@dataclass(frozen=True, slots=True)
class RecordHeading:
    """A column's heading. ``link`` sorts by it, or the other way round; it's empty for a column that doesn't sort."""

    label: str
    link: str
    is_sorted: bool = False
    is_ascending: bool = False
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class RecordSort:
    """Sorted by time if ``order`` is None, else by a column."""

    is_ascending: bool
    order: RecordOrder | None = None

    @classmethod
    def of(cls, query: QueryDict, mistakes: list[str]) -> Self:
        """Parse ``sort=oldest``, ``sort=revenue`` or ``sort=-revenue``; newest first for anything else."""
        given = query.get("sort") or _NEWEST
        name = _RECEIVED.get(given, given)
        if name.removeprefix("-") in SORTED:
            is_ascending = not name.startswith("-")
            return cls(is_ascending, RecordOrder(name.removeprefix("-"), is_ascending))
        if given not in _BY_TIME:
            mistakes.append(f"The address says sort={given[:40]}, which isn't a column that records can be sorted by.")
        return cls(_BY_TIME.get(given, False))

    @property
    def column(self) -> str:
        """The column's name; empty for the time."""
        return self.order.name if self.order else ""

    @property
    def ways(self) -> tuple[str, str]:
        """What the pages before and after this one are called."""
        if self.order:
            return "previous", "next"
        return ("older", "newer") if self.is_ascending else ("newer", "older")

    @property
    def ends(self) -> tuple[str, str]:
        """What the first and the last page are called."""
        if self.order:
            return "The first page", "The last page"
        oldest, newest = "The oldest records", "The newest records"
        return (oldest, newest) if self.is_ascending else (newest, oldest)

    def said(self, columns: Iterable[RecordColumn]) -> str:
        """The order in words; ``columns`` are all that there are."""
        if not self.order:
            return "Oldest first" if self.is_ascending else "Newest first"
        label = next(each.label for each in columns if each.name == self.column)
        return f"Sorted by {label.lower()}, {'ascending' if self.is_ascending else 'descending'}"

    def headings(self, columns: Iterable[RecordColumn], choice: FilterChoice) -> list[RecordHeading]:
        """The time's heading, and one for each column."""
        by_time = not self.order
        turned = choice.query(sort="oldest" if by_time and not self.is_ascending else None)
        return [
            RecordHeading("Time", turned, by_time, self.is_ascending),
            *(self._heading(column, choice) for column in columns),
        ]

    def _heading(self, column: RecordColumn, choice: FilterChoice) -> RecordHeading:
        if not column.is_sorted:
            return RecordHeading(column.label, "", is_number=column.is_number)
        is_sorted = column.name == self.column
        descends = self.is_ascending if is_sorted else column.descends
        link = choice.query(sort="-" * descends + column.name)
        return RecordHeading(column.label, link, is_sorted, self.is_ascending, column.is_number)
