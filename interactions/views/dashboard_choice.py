"""What the address of the dashboard says: period, unit, split and import, so that every view can be shared."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.http import QueryDict
from django.utils.http import urlencode

from interactions.queries.period import ALL, Period, Unit, allowed_units, default_unit

PRESETS: Final[dict[str, str]] = {
    "all": "All time",
    "24h": "Last 24 hours",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
}
SPLITS: Final = ("group", "type")
_DAY: Final = timedelta(days=1)
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen; ``mistakes`` are sentences about the parts of the address that say nothing."""

    preset: str = "all"
    start: datetime | None = None
    end: datetime | None = None
    unit: Unit | None = None
    split: str = "group"
    import_id: int | None = None
    mistakes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, query: QueryDict) -> Choice:
        """The choice an address makes; what it says wrongly is left out and named in ``mistakes``."""
        mistakes: list[str] = []
        preset = _one_of(query, "period", list(PRESETS), mistakes) or "all"
        start = _bound(query, "from", mistakes)
        end = _bound(query, "to", mistakes)
        if start and end and start >= end:
            mistakes.append("The period ends before it starts. Swap the two dates.")
            start = end = None
        unit = _one_of(query, "unit", [unit.value for unit in Unit], mistakes)
        given = query.get("import", "")
        if given and not (given.isascii() and given.isdigit() and 0 < int(given) < 1 << 63):
            mistakes.append("The address names an import that is no number.")
            given = ""
        return cls(
            preset,
            start,
            end,
            Unit(unit) if unit else None,
            _one_of(query, "split", list(SPLITS), mistakes) or "group",
            int(given) if given else None,
            mistakes,
        )

    @property
    def is_custom(self) -> bool:
        return self.start is not None or self.end is not None

    def period(self, last: datetime | None) -> Period:
        """The period meant. Presets count back from ``last``, the newest record: a history ends in the past."""
        if self.is_custom:
            return Period(self.start, self.end)
        if last is None or self.preset == "all":
            return ALL
        if self.preset == "24h":
            return Period.last_24_hours(last)
        return Period.last_days(int(self.preset.removesuffix("d")), last)

    def unit_for(self, start: datetime, end: datetime) -> Unit:
        """The unit chosen where ``[start, end)`` allows it, else the one that suits its width."""
        if self.unit in allowed_units(start, end):
            return self.unit
        return default_unit(start, end)

    def query(self, **changes: Any) -> str:
        """The query string of this choice with ``changes`` (``None`` leaves a part out), for a link."""
        parts: dict[str, Any] = {
            "period": self.preset if self.preset != "all" else None,
            "from": address_of(self.start) if self.start else None,
            "to": address_of(self.end, ends=True) if self.end else None,
            "unit": self.unit.value if self.unit else None,
            "split": self.split if self.split != "group" else None,
            "import": self.import_id,
        }
        parts.update({name.rstrip("_"): value for name, value in changes.items()})
        return "?" + urlencode({name: value for name, value in parts.items() if value is not None})


def address_of(moment: datetime, *, ends: bool = False) -> str:
    """A bound as an address says it: a day (the last day inside, for an end), else a moment in UTC."""
    if moment.time() == datetime.min.time():
        return (moment - _DAY if ends else moment).date().isoformat()
    return moment.isoformat().replace("+00:00", "Z")


def span(start: datetime, end: datetime) -> str:
    """``1 Jan – 30 Mar 2024``, and with times where a bound is not midnight; ``end`` is not inside."""
    if start.time() == end.time() == datetime.min.time():
        first, last = start.date(), (end - _INSTANT).date()
        if first == last:
            return _day(first)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day} – {_day(last)}"
        return f"{_day(first, year=first.year != last.year)} – {_day(last)}"
    if start.date() == end.date():
        return f"{_day(start.date())}, {_clock(start)} – {_clock(end)}"
    return f"{_day(start.date(), year=start.year != end.year)}, {_clock(start)} – {_day(end.date())}, {_clock(end)}"


def _day(day: date, *, year: bool = True) -> str:
    return f"{day.day} {day:%b}" + (f" {day.year}" if year else "")


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M}"


def _one_of(query: QueryDict, name: str, known: list[str], mistakes: list[str]) -> str | None:
    given = query.get(name)
    if not given or given in known:
        return given or None
    mistakes.append(f"The address says {name}={given[:40]}; it can be {', '.join(known[:-1])} or {known[-1]}.")
    return None


def _bound(query: QueryDict, name: str, mistakes: list[str]) -> datetime | None:
    """A day or a moment (without a zone: UTC); a day as the end of a period is inside it."""
    given = query.get(name)
    if not given:
        return None
    try:
        moment = datetime.fromisoformat(given)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
        return moment + _DAY if name == "to" and len(given) == len("2024-01-31") else moment
    except (ValueError, OverflowError):
        mistakes.append(f"The address says {name}={given[:40]}, which is no date. Dates look like 2024-01-31.")
        return None
