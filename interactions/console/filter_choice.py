"""What an address says of the filter, and back: every page that shows interactions can be shared by its address.

A page takes the address apart with :meth:`FilterChoice.of`, asks with :meth:`FilterChoice.filter`, and shows
``filter/chips.html`` with ``choice``, ``environment`` and ``label`` (the period in words) in its context. Links of the
page are made by :meth:`FilterChoice.query`, which keeps what was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final

from django.http import QueryDict
from django.utils.http import urlencode

from interactions.codec.tombstones import Person
from interactions.contract.moments import local, written
from interactions.contract.schema import GROUP_OF, TYPES, TYPES_BY_GROUP, Group
from interactions.queries.dashboard import EVERYTHING
from interactions.queries.filter import Device, Filter
from interactions.queries.period import ALL, Period, Unit

PRESETS: Final[dict[str, str]] = {
    "all": "All time",
    "24h": "Last 24 hours",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    "month": "This month",
    "last-month": "Last month",
}
_LONGEST: Final = 2_048  # characters of one value; no id or address that is looked for is longer
_INSTANT: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the filter: its word in the address, the attribute of Filter, and its name for people.

    ``values`` are what can be chosen, by their word in the address; without any, it is a text. A ``person`` is a keyed
    hash, said as people's pages are addressed.
    """

    name: str
    attribute: str
    label: str
    values: dict[str, tuple[Any, str]] = field(default_factory=dict)
    is_person: bool = False

    def said(self, value: Any) -> str:
        """A value as the address says it."""
        if self.is_person:
            return Person(**{self.attribute: value}).address
        return next((word for word, (each, _) in self.values.items() if each == value), str(value))


PARTS: Final = (
    Part("user", "user_key", "User", is_person=True),
    Part("anonymous", "anonymous_key", "Anonymous id", is_person=True),
    Part("product", "product_id", "Product id"),
    Part("keywords", "keywords", "Search words"),
    Part("category", "category", "Category"),
    Part("miso_id", "miso_id", "Miso id"),
    Part("source", "campaign_source", "Campaign source"),
    Part("medium", "campaign_medium", "Campaign medium"),
    Part("campaign", "campaign_name", "Campaign name"),
    Part("page", "page_contains", "Page address contains"),
    Part("locale", "locale", "Locale"),
    Part("region", "region", "Region"),
    Part("device", "device", "Device", {each.value: (each, each.value.capitalize()) for each in Device}),
    Part("assisted", "is_assisted", "Miso-assisted", {"yes": (True, "Yes"), "no": (False, "No")}),
    Part("origin", "is_live", "Came by", {"import": (False, "Import"), "live": (True, "Live call")}),
)
_GROUPS: Final = {group.name.lower(): group for group in Group}
_PEOPLE: Final = tuple(part.name for part in PARTS if part.is_person)
_TIMES: Final = ("period", "from", "to")
_NAMES: Final = (*_TIMES, "group", "type", *(part.name for part in PARTS), "import")


@dataclass(frozen=True, slots=True)
class Chip:
    """A part that is set: what it is, its value in words, and the address without it."""

    name: str
    label: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """What was chosen; ``mistakes`` are sentences about the parts of the address that say nothing.

    ``start`` and ``end`` are a period of one's own, instead of ``preset``. ``kept`` are parts of the address that are
    the page's own affair and stay in its links.
    """

    zone: tzinfo
    preset: str = "all"
    start: datetime | None = None
    end: datetime | None = None
    parts: Filter = EVERYTHING
    kept: dict[str, str] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, query: QueryDict, zone: tzinfo, *, keep: tuple[str, ...] = ()) -> FilterChoice:
        """The choice an address makes; what it says wrongly is left out and named in ``mistakes``."""
        mistakes: list[str] = []
        start = _bound(query, "from", zone, mistakes)
        end = _bound(query, "to", zone, mistakes)
        if start and end and start >= end:
            mistakes.append("The period ends before it starts. Swap the two dates.")
            start = end = None
        return cls(
            zone=zone,
            preset=one_of(query, "period", list(PRESETS), mistakes) or "all",
            start=start,
            end=end,
            parts=_parts(query, mistakes),
            kept={name: ",".join(query.getlist(name)) for name in keep if query.get(name)},
            mistakes=mistakes,
        )

    @property
    def is_custom(self) -> bool:
        return self.start is not None or self.end is not None

    def period(self, last: datetime | None, everything: Period = ALL) -> Period:
        """The period meant. Presets count back from ``last``, the newest record: a history ends in the past.

        ``everything`` is what "all time" means.
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
            return Period(Unit.MONTH.floor(this - _INSTANT, self.zone), this)
        return Period.last_days(int(self.preset.removesuffix("d")), last, self.zone)

    def before(self, period: Period) -> Period | None:
        """What ``period``, which this choice came to, is compared with: for this month, the same days of the last."""
        if self.preset == "month" and not self.is_custom:
            return period.same_days_before(self.zone)
        return period.previous(self.zone)

    def filter(self, last: datetime | None, everything: Period = ALL) -> Filter:
        """What to ask with; both as in :meth:`period`."""
        return self.parts.during(self.period(last, everything))

    @property
    def chips(self) -> list[Chip]:
        """The parts that are set, but for the period, in the order of the form. The import is the page's to name."""
        found = [
            Chip("group", "Group", group.value, self.replaced(groups=_without(self.parts.groups, group)).query())
            for group in self.parts.groups
        ]
        found += [
            Chip("type", "Type", name, self.replaced(types=_without(self.parts.types, name)).query())
            for name in self.parts.types
        ]
        for part in PARTS:
            value = getattr(self.parts, part.attribute)
            if value is not None:
                words = next((words for each, words in part.values.values() if each == value), part.said(value))
                found.append(Chip(part.name, part.label, words, self.replaced(**{part.attribute: None}).query()))
        return found

    @property
    def is_set(self) -> bool:
        """Whether anything but the period is chosen."""
        return self.parts != EVERYTHING

    def replaced(self, **fields: Any) -> FilterChoice:
        """The same choice with other fields of the filter."""
        return replace(self, parts=replace(self.parts, **fields))

    def of_person(self, person: Person) -> FilterChoice:
        """The same choice for the records of one person."""
        return self.replaced(user_key=person.user_key, anonymous_key=person.anonymous_key)

    @property
    def people(self) -> list[Person]:
        """Whose records are chosen."""
        return [
            Person(**{part.attribute: key})
            for part in PARTS
            if part.is_person and (key := getattr(self.parts, part.attribute)) is not None
        ]

    def timeless(self) -> FilterChoice:
        """The same choice for all time."""
        return replace(self, preset="all", start=None, end=None)

    def during(self, period: Period) -> FilterChoice:
        """The same choice for that period."""
        return replace(self, preset="all", start=period.start, end=period.end)

    def cleared(self) -> FilterChoice:
        """The same period of everything."""
        return replace(self, parts=EVERYTHING)

    def pairs(self) -> list[tuple[str, str]]:
        """The choice as the pairs of an address, without what the page keeps."""
        found: list[tuple[str, str]] = []
        if self.is_custom:
            found += [("from", address_of(self.start, self.zone))] if self.start else []
            found += [("to", address_of(self.end, self.zone, ends=True))] if self.end else []
        elif self.preset != "all":
            found.append(("period", self.preset))
        found += [("group", group.name.lower()) for group in self.parts.groups]
        found += [("type", name) for name in self.parts.types]
        for part in PARTS:
            value = getattr(self.parts, part.attribute)
            if value is not None:
                found.append((part.name, part.said(value)))
        if self.parts.import_id is not None:
            found.append(("import", str(self.parts.import_id)))
        return found

    def query(self, **changes: str | None) -> str:
        """The query string of this choice and of what the page keeps, with ``changes`` (None leaves one out)."""
        own = {**self.kept, **{name.rstrip("_"): value for name, value in changes.items()}}
        pairs = [(name, value) for name, value in self.pairs() if name not in own]
        pairs += [(name, value) for name, value in own.items() if value is not None]
        return "?" + urlencode(pairs)

    # --- For the chips' template ---

    @property
    def presets(self) -> list[tuple[str, str, bool]]:
        """Name, address, and whether it is the one chosen."""
        free = self.timeless()
        return [
            (label, replace(free, preset=key).query(unit=None), key == self.preset and not self.is_custom)
            for key, label in PRESETS.items()
        ]

    @property
    def without_period(self) -> str:
        return self.timeless().query(unit=None)

    @property
    def without_parts(self) -> str:
        return self.cleared().query()

    @property
    def without_import(self) -> str:
        return self.replaced(import_id=None).query()

    @property
    def period_pairs(self) -> list[tuple[str, str]]:
        """What the form of the parts has to pass on."""
        return [pair for pair in self.pairs() if pair[0] in (*_TIMES, *_PEOPLE, "import")] + list(self.kept.items())

    @property
    def all_pairs(self) -> list[tuple[str, str]]:
        """What a form has to pass on that changes nothing of what is chosen here."""
        return self.pairs() + list(self.kept.items())

    @property
    def part_pairs(self) -> list[tuple[str, str]]:
        """What the form of the period has to pass on."""
        own = [pair for pair in self.kept.items() if pair[0] != "unit"]
        return [pair for pair in self.pairs() if pair[0] not in _TIMES] + own

    @property
    def fields(self) -> list[dict[str, Any]]:
        """Each part as the form shows it: ``name, label, value`` and ``options`` (word, words, chosen)."""
        return [
            {
                "name": part.name,
                "label": part.label,
                "value": "" if (value := getattr(self.parts, part.attribute)) is None else value,
                "options": [(word, words, each == value) for word, (each, words) in part.values.items()],
            }
            for part in PARTS
            if not part.is_person
        ]

    @property
    def type_groups(self) -> list[dict[str, Any]]:
        """Groups and their types as the form shows them."""
        return [
            {
                "name": group.name.lower(),
                "label": group.value,
                "chosen": group in self.parts.groups,
                "types": [(name, name in self.parts.types) for name in types],
            }
            for group, types in TYPES_BY_GROUP.items()
        ]


def carried(query: QueryDict) -> str:
    """The part of an address that goes along to another page of interactions: ``?…`` or nothing."""
    pairs = [(name, value) for name in _NAMES if name != "import" for value in query.getlist(name) if value]
    pairs = [(name, value) for name, value in pairs if name not in _PEOPLE or Person.at(value)]  # never an id
    return "?" + urlencode(pairs) if pairs else ""


def address_of(moment: datetime, zone: tzinfo, *, ends: bool = False) -> str:
    """A bound as an address says it: a day (the last day inside, for an end), else the time there and its offset."""
    here = local(moment, zone)
    if Unit.DAY.floor(moment, zone) == moment:
        return (here.date() - _DAY if ends else here.date()).isoformat()
    return here.isoformat()


def span(start: datetime, end: datetime, zone: tzinfo) -> str:
    """``1 Jan – 30 Mar 2024``, and with times where a bound is not midnight; ``end`` is not inside."""
    if Unit.DAY.floor(start, zone) == start and Unit.DAY.floor(end, zone) == end:
        first, last = local(start, zone).date(), local(end - _INSTANT, zone).date()
        if first == last:
            return _day(first)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day} – {_day(last)}"
        return f"{_day(first, year=first.year != last.year)} – {_day(last)}"
    start, end = local(start, zone), local(end, zone)
    if start.date() == end.date():
        return f"{_day(start.date())}, {_clock(start)} – {_clock(end)}"
    return f"{_day(start.date(), year=start.year != end.year)}, {_clock(start)} – {_day(end.date())}, {_clock(end)}"


def one_of(query: QueryDict, name: str, known: list[str], mistakes: list[str]) -> str | None:
    """The word an address gives for ``name``, where it is one that is ``known``."""
    given = query.get(name)
    if not given or given in known:
        return given or None
    mistakes.append(f"The address says {name}={given[:40]}; it can be {', '.join(known[:-1])} or {known[-1]}.")
    return None


def _parts(query: QueryDict, mistakes: list[str]) -> Filter:
    given: dict[str, Any] = {
        "groups": tuple(_GROUPS[word] for word in _known(query, "group", list(_GROUPS), mistakes)),
        "types": tuple(_known(query, "type", list(TYPES), mistakes)),
        "import_id": _import_id(query, mistakes),
    }
    # A type of a chosen group adds nothing, and its chip would promise that it does.
    given["types"] = tuple(name for name in given["types"] if GROUP_OF[name] not in given["groups"])
    for part in PARTS:
        text = query.get(part.name, "").strip()
        if not text:
            continue
        if part.is_person:
            person = Person.at(text)
            key = getattr(person, part.attribute, None)
            given[part.attribute] = key
            if key is None:
                mistakes.append(f"{part.label}: addresses hold no ids. Choose Filter and type the id there.")
        elif part.values:
            word = one_of(query, part.name, list(part.values), mistakes)
            given[part.attribute] = part.values[word][0] if word else None
        elif len(text) > _LONGEST:
            mistakes.append(f"{part.label}: more than {_LONGEST:,} characters. It was left out.")
        else:
            given[part.attribute] = text
    return Filter(**given)


def _known(query: QueryDict, name: str, known: list[str], mistakes: list[str]) -> list[str]:
    given = list(dict.fromkeys(query.getlist(name)))
    mistakes.extend(f"There is no {name} called {word[:40]}." for word in given if word and word not in known)
    return [word for word in known if word in given]


def _import_id(query: QueryDict, mistakes: list[str]) -> int | None:
    given = query.get("import", "")
    if given and not (given.isascii() and given.isdigit() and 0 < int(given) < 1 << 63):
        mistakes.append("The address names an import that is no number.")
        return None
    return int(given) if given else None


def _bound(query: QueryDict, name: str, zone: tzinfo, mistakes: list[str]) -> datetime | None:
    """A day or a moment (without an offset: in ``zone``); a day as the end of a period is inside it."""
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
        mistakes.append(f"The address says {name}={given[:40]}, which is no date. Dates look like 2024-01-31.")
        return None


def _without(given: tuple[Any, ...], one: Any) -> tuple[Any, ...]:
    return tuple(each for each in given if each != one)


def _day(day: date, *, year: bool = True) -> str:
    return written(day, "%-d %b %Y" if year else "%-d %b")


def day_of(moment: datetime, zone: tzinfo, year_known: datetime) -> str:
    """``28 Nov``, with the year where it is another than that of ``year_known``."""
    day = local(moment, zone).date()
    return _day(day, year=day.year != local(year_known, zone).year)


def _clock(moment: datetime) -> str:
    return written(moment, "%H:%M")
