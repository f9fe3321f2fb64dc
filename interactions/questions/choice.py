"""The filter in a query string: parsed, and written again.

A page or call parses the query string with :meth:`FilterQuery.of` and asks with :meth:`FilterQuery.filter`; pages build
links with :meth:`FilterQuery.query`, which keeps the filter.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final, Self
from urllib.parse import urlencode

from django.http import QueryDict

from interactions.analytics.filters import Filter
from interactions.analytics.periods import ALL, Period, Unit
from interactions.analytics.reports.totals import EVERYTHING
from interactions.cohorts.stored import NO_COHORTS, KnownCohorts
from interactions.contract.tombstones import Person
from interactions.product_names import ProductNames
from interactions.questions.cohorts import pairs_of_cohorts
from interactions.questions.parts import DENIED, one_of, pairs_of, pairs_of_groups, part_of, parts_of
from interactions.questions.periods import INSTANT, address_of
from interactions.questions.steps import STEP, ChosenStep, is_of_step, pairs_of_steps, steps_in

PRESETS: Final[dict[str, str]] = {
    "all": "All time",
    "24h": "Last 24 hours",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    "month": "This month",
    "last-month": "Last month",
}
TIMES: Final = ("period", "from", "to")


@dataclass(frozen=True, slots=True)
class FilterQuery:
    """A parsed filter; ``mistakes`` are sentences about invalid parameters, which are ignored.

    ``start`` and ``end`` are a custom period, instead of ``preset``. ``kept`` are the page's own parameters, which stay
    in its links, and ``steps`` those of a page's funnel, whose conditions stay, too.
    """

    zone: tzinfo
    preset: str = "all"
    start: datetime | None = None
    end: datetime | None = None
    parts: Filter = EVERYTHING
    kept: dict[str, str] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)
    steps: tuple[ChosenStep, ...] = ()
    cohorts: KnownCohorts = field(default=NO_COHORTS, compare=False, repr=False)

    @classmethod
    def of(
        cls, query: QueryDict, zone: tzinfo, *, keep: tuple[str, ...] = (), cohorts: KnownCohorts = NO_COHORTS
    ) -> Self:
        """Parse a query string. Invalid parameters are ignored and reported in ``mistakes``.

        ``cohorts`` are those that the filter can name.
        """
        mistakes: list[str] = []
        start = _bound(query, "from", zone, mistakes)
        end = _bound(query, "to", zone, mistakes)
        if start and end and start >= end:
            mistakes.append("The period ends before it starts. Swap the two dates.")
            start = end = None
        kept = {name: ",".join(query.getlist(name)) for name in keep if query.get(name)}
        steps: tuple[ChosenStep, ...] = ()
        if STEP in keep:
            steps = steps_in(query, mistakes)
            kept |= {STEP: ",".join(each.word for each in steps)} if steps else {}
        return cls(
            zone=zone,
            preset=one_of(query, "period", list(PRESETS), mistakes) or "all",
            start=start,
            end=end,
            parts=parts_of(query, mistakes, cohorts),
            kept=kept,
            mistakes=mistakes,
            steps=steps,
            cohorts=cohorts,
        )

    @property
    def product_names(self) -> ProductNames:
        """The names of products that the filter and the steps show: none, unless it's a filter that looks them up."""
        return {}

    @property
    def is_custom(self) -> bool:
        return self.start is not None or self.end is not None

    def period(self, last: datetime | None, everything: Period = ALL) -> Period:
        """The chosen period. Presets count back from ``last``, the newest record, because historical data ends in the
        past.

        ``everything`` is the period of "all time".
        """
        if self.is_custom:
            return Period(self.start, self.end)
        if last is None or self.preset == "all":
            return everything
        if self.preset == "24h":
            return Period.last_24_hours(last, self.zone)
        if self.preset.endswith("month"):
            this = Unit.MONTH.floor(last, self.zone)
            if self.preset == "month":
                return Period(this, Unit.DAY.after(Unit.DAY.floor(last, self.zone), self.zone))
            return Period(Unit.MONTH.floor(this - INSTANT, self.zone), this)
        return Period.last_days(int(self.preset.removesuffix("d")), last, self.zone)

    def before(self, period: Period) -> Period | None:
        """The period to compare ``period`` with; for "this month", the same days of last month."""
        if self.preset == "month" and not self.is_custom:
            return period.same_days_before(self.zone)
        return period.previous(self.zone)

    def filter(self, last: datetime | None, everything: Period = ALL) -> Filter:
        """The filter with its period; the arguments are those of :meth:`period`. Cohorts count back from ``last``."""
        return self.counted_back(last).parts.during(self.period(last, everything))

    def counted_back(self, newest: datetime | None) -> Self:
        """A copy with its cohorts as of the ``newest`` record, by days of the environment."""
        return replace(self, parts=self.parts.counted_back(newest, self.cohorts.zone))

    @property
    def is_set(self) -> bool:
        """Whether anything besides the period is set."""
        return self.parts != EVERYTHING

    def replaced(self, **fields: Any) -> Self:
        """A copy with other groups, types or field values; None removes a field."""
        whole = {name: fields.pop(name) for name in ("groups", "types") if name in fields}
        return replace(self, parts=replace(self.parts.having(**fields), **whole))

    def of_person(self, person: Person) -> Self:
        """A copy for one person's records."""
        return self.replaced(user_key=person.user_key, anonymous_key=person.anonymous_key)

    def without_person(self, person: Person) -> Self:
        """A copy that excludes one more person's records."""
        field = "anonymous_key" if person.user_key is None else "user_key"
        keys = (*self.parts.values(field, is_not=True), getattr(person, field))
        return replace(self, parts=self.parts.having(is_not=True, **{field: keys}))

    @property
    def people(self) -> list[Person]:
        """The people whose records are selected or excluded."""
        return [
            Person(**{condition.field: int(key)})
            for condition in self.parts.all_conditions
            if part_of(condition).is_person
            for key in condition.values
        ]

    def timeless(self) -> Self:
        """A copy for all time."""
        return replace(self, preset="all", start=None, end=None)

    def during(self, period: Period) -> Self:
        """A copy for another period."""
        return replace(self, preset="all", start=period.start, end=period.end)

    def cleared(self) -> Self:
        """A copy with the period alone."""
        return replace(self, parts=EVERYTHING)

    def pairs(self) -> list[tuple[str, str]]:
        """The query parameters of the filter, without those of the page."""
        found: list[tuple[str, str]] = []
        if self.is_custom:
            found += [("from", address_of(self.start, self.zone))] if self.start else []
            found += [("to", address_of(self.end, self.zone, ends=True))] if self.end else []
        elif self.preset != "all":
            found.append(("period", self.preset))
        found += [("group", group.name.lower()) for group in self.parts.groups]
        found += [("type", name) for name in self.parts.types]
        found += pairs_of(self.parts.conditions) + pairs_of_groups(self.parts.any_of)
        return found + pairs_of_cohorts(self.parts.cohorts) + pairs_of_steps(self.steps)

    @property
    def keys(self) -> set[str]:
        """The keys of custom_context that conditions are on."""
        of_steps = (condition for step in self.steps for condition in step.conditions)
        return {each.key_of_context for each in (*self.parts.all_conditions, *of_steps)} - {""}

    def query(self, **changes: str | None) -> str:
        """The query string of the filter and the page's own parameters, with ``changes`` (None removes a parameter).

        Other steps of a funnel have no conditions.
        """
        own = {**self.kept, **{name.rstrip("_"): value for name, value in changes.items()}}
        pairs = [(name, value) for name, value in self.pairs() if name not in own]
        pairs = [pair for pair in pairs if not is_of_step(pair[0])] if STEP in changes else pairs
        pairs += [(name, value) for name, value in own.items() if value is not None]
        return "?" + urlencode(pairs, safe=DENIED)


def _bound(query: QueryDict, name: str, zone: tzinfo, mistakes: list[str]) -> datetime | None:
    """Parse a date or a time (without an offset: in ``zone``). A date as the end of a period is inclusive."""
    given = query.get(name)
    if not given:
        return None
    try:
        if len(given) == len("2024-01-31"):
            day = Period.of_days(date.fromisoformat(given), date.fromisoformat(given), zone)
            return day.end if name == "to" else day.start
        moment = datetime.fromisoformat(given)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        mistakes.append(f"{name}={given[:40]} in the address isn't a date. Dates look like 2024-01-31.")
        return None
