"""The fields of a filter: the query parameter and the label of each, and parsing them from a query string.

``region=Kent&region=Bath`` is Kent or Bath; ``region!=Kent`` is not Kent, ``region~=ken`` contains "ken", and
``region!~=ken`` doesn't. ``any1.region=Kent&any1.device=phone`` is a group of which one condition has to hold.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from django.http import QueryDict

from interactions.analytics.conditions import CUSTOM, Condition, Value, can_contain, is_key
from interactions.analytics.filters import Alternative, Device, Filter
from interactions.cohorts.stored import NO_COHORTS, KnownCohorts
from interactions.contract.schema import GROUP_OF, TYPES, Group
from interactions.contract.tombstones import Person
from interactions.questions.cohorts import COHORT, conditions_in, pairs_of_cohorts
from interactions.questions.cohorts import NAMES as COHORT_NAMES

MOST_VALUES: Final = 100
"""Values of one field; the rest are ignored."""
_ADDRESSES: Final = ("page_url", "page_contains")
_LONGEST: Final = 2_048  # characters of one value; no id or page address is longer


@dataclass(frozen=True, slots=True)
class FilterPart:
    """A field of the filter: its query parameter, the field it's about, and its label.

    ``values`` are the choices by their value in the query string; without any, it's a text, or a number with
    ``is_number``. With ``is_person`` it's a keyed hash, as in the URLs of people's pages. ``verbs`` follow the label:
    "is" and "is not", and for a text "contains" and "doesn't contain".
    """

    name: str
    field: str
    label: str
    values: dict[str, tuple[Any, str]] = dataclasses.field(default_factory=dict)
    is_person: bool = False
    is_number: bool = False
    verbs: tuple[str, ...] = (" is", " is not", " contains", " doesn't contain")

    def name_of(self, condition: Condition) -> str:
        """The query parameter: ``region``, or ``region!`` for values it must not have."""
        return self.name + form_of(condition)

    @property
    def forms(self) -> list[tuple[str, str]]:
        """The operators that the field has: the suffix of its query parameter, and the verb."""
        return [(form, verb) for form, verb in zip(FORMS, self.verbs, strict=False) if self.takes(form)]

    def takes(self, form: str) -> bool:
        """Whether the field has this operator."""
        return CONTAINED not in form or can_contain(self.field)

    def verb_of(self, condition: Condition) -> str:
        """The verb of a condition, to follow the label."""
        return self.verbs[FORMS.index(form_of(condition))]

    def said(self, value: Any) -> str:
        """A value as in a query string."""
        if self.is_person:
            return Person(**{self.field: value}).address
        return next((word for word, (each, _) in self.values.items() if each == value), str(value))

    def words(self, value: Any) -> str:
        """A value for display; addresses of pages are decoded."""
        text = unquote(self.said(value)) if self.field in _ADDRESSES else self.said(value)
        return next((words for each, words in self.values.values() if each == value), text)

    def meant(self, text: str) -> Value | None:
        """The value of a text from a query string; None if it's invalid."""
        if self.is_person:
            return getattr(Person.at(text), self.field, None)
        if self.values:
            return self.values[text][0] if text in self.values else None
        if self.is_number:
            return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 1 << 63 else None
        return text if len(text) <= _LONGEST else None

    def mistake(self, text: str) -> str:
        """Why ``text`` is invalid, as a sentence."""
        if self.is_person:
            return f"{self.label}: addresses can't have ids. Choose Add filter and enter the id there."
        if self.values:
            return f"{self.name}={text[:40]} in the address isn't valid; it can be {_listed(list(self.values))}."
        if self.is_number:
            return f"The {self.label.lower()} in the address isn't a number."
        return f"{self.label}: more than {_LONGEST:,} characters. It was left out."


DENIED: Final = "!"
"""The suffix of a query parameter for excluded values: ``region!=Kent``."""
CONTAINED: Final = "~"
"""The suffix of a query parameter for parts of values: ``region~=ken``."""
FORMS: Final = ("", DENIED, CONTAINED, DENIED + CONTAINED)
"""All suffixes; the order is that of :attr:`FilterPart.verbs`."""

_SAID: Final = (":", ": not")

PARTS: Final = (
    FilterPart("user", "user_key", "User", is_person=True),
    FilterPart("anonymous", "anonymous_key", "Anonymous id", is_person=True),
    FilterPart("product", "product_id", "Product id"),
    FilterPart("keywords", "keywords", "Search words", verbs=(" are", " are not", " contain", " don't contain")),
    FilterPart("category", "category", "Category"),
    FilterPart("miso_id", "miso_id", "Miso id"),
    FilterPart("source", "campaign_source", "Campaign source"),
    FilterPart("medium", "campaign_medium", "Campaign medium"),
    FilterPart("campaign", "campaign_name", "Campaign name"),
    FilterPart("term", "campaign_term", "Campaign term"),
    FilterPart("content", "campaign_content", "Campaign content"),
    FilterPart("page_url", "page_url", "Page"),
    FilterPart("page", "page_contains", "Page address", verbs=(" contains", " doesn't contain")),
    FilterPart("referrer", "referrer", "Referrer"),
    FilterPart("locale", "locale", "Locale"),
    FilterPart("region", "region", "Region"),
    FilterPart("device", "device", "Device", {each.value: (each.value, each.value.capitalize()) for each in Device}),
    FilterPart("result_type", "result_type", "Result type"),
    FilterPart("assisted", "is_assisted", "Miso-assisted", {"yes": (True, "Yes"), "no": (False, "No")}, verbs=_SAID),
    FilterPart("origin", "is_live", "Came by", {"import": (False, "Import"), "live": (True, "Live call")}, verbs=_SAID),
    FilterPart("import", "import_id", "Import", is_number=True),
)
MOST_KEYS: Final = 5
"""Keys of custom_context in one filter."""
MOST_GROUPS: Final = 10
"""Groups of which one condition has to hold."""
CUSTOM_NAME: Final = "custom."  # prefix of the query parameter of such a key
_ANY: Final = re.compile(r"any(\d{1,3})\.(.+)", re.DOTALL)  # a parameter of a group
_GROUPS: Final = {group.name.lower(): group for group in Group}
TYPE: Final = FilterPart("type", "type", "Type", {name: (name, name) for name in TYPES}, verbs=(" is",))
"""The type in a group; outside of groups, a filter has types of its own."""
_BY_FIELD: Final = {part.field: part for part in (*PARTS, TYPE)}
OF_RECORDS: Final = tuple(part for part in PARTS if not (part.is_person or part.is_number))
"""The fields that say something about an interaction, which a step of a funnel can have conditions on."""
GROUPED: Final = (*OF_RECORDS, TYPE)
"""The fields that a group can have, besides cohorts."""


def _names_of(parts: Iterable[FilterPart]) -> tuple[str, ...]:
    return tuple(part.name + form for part in parts for form in FORMS if part.takes(form))


PEOPLE: Final = _names_of(part for part in PARTS if part.is_person)
OF_RECORDS_NAMES: Final = _names_of(OF_RECORDS)
NAMES: Final = ("group", "type", *_names_of(PARTS), *COHORT_NAMES)
PLAIN_NAMES: Final = ("group", "type", *(part.name for part in PARTS), COHORT)
_GROUPED_NAMES: Final = (*_names_of(GROUPED), *COHORT_NAMES)


def part_of(condition: Condition) -> FilterPart:
    """The filter field of a condition."""
    return _BY_FIELD.get(condition.field) or _custom_part(condition.key_of_context)


def part_named(name: str) -> FilterPart | None:
    """The filter field with this query parameter, such as ``region`` or ``custom.plan``; None if there is none."""
    if name.startswith(CUSTOM_NAME):
        key = name.removeprefix(CUSTOM_NAME)
        return _custom_part(key) if is_key(key) else None
    return next((part for part in PARTS if part.name == name), None)


def form_of(condition: Condition) -> str:
    """The suffix of the query parameter of a condition."""
    return DENIED * condition.is_not + CONTAINED * condition.contains


def names_in(query: QueryDict) -> list[str]:
    """The query parameters that belong to the filter."""
    return [*NAMES, *(name for name in query if name.startswith(CUSTOM_NAME) or _is_grouped(name))]


def _is_grouped(name: str) -> bool:
    match = _ANY.fullmatch(name)
    return match is not None and (match[2] in _GROUPED_NAMES or match[2].startswith(CUSTOM_NAME))


def _custom_part(key: str) -> FilterPart:
    return FilterPart(CUSTOM_NAME + key, CUSTOM + key, key)


def _ungrouped(name: str) -> str:
    match = _ANY.fullmatch(name)
    return match[2] if match else name


def _key_in(name: str) -> str | None:
    """The key of custom_context that a query parameter without a prefix names."""
    if not name.startswith(CUSTOM_NAME):
        return None
    return name.removeprefix(CUSTOM_NAME).removesuffix(CONTAINED).removesuffix(DENIED)


def custom_parts(names: Iterable[str], mistakes: list[str]) -> list[FilterPart]:
    """The keys of custom_context among query parameters without a prefix, each once."""
    keys = list(dict.fromkeys(key for key in map(_key_in, names) if key is not None))
    mistakes.extend(f"You can't filter by the key {key[:40]!r} of custom_context." for key in keys if not is_key(key))
    known = [key for key in keys if is_key(key)]
    if len(known) > MOST_KEYS:
        mistakes.append(f"A filter can have up to {MOST_KEYS} keys of custom_context. The rest were left out.")
    return [_custom_part(key) for key in sorted(known[:MOST_KEYS])]


def pairs_of(conditions: Iterable[Condition], prefix: str = "") -> list[tuple[str, str]]:
    """Conditions as query parameters."""
    found = []
    for condition in conditions:
        part = part_of(condition)
        found += [(prefix + part.name_of(condition), part.said(value)) for value in condition.values]
    return found


def pairs_of_groups(groups: Iterable[Iterable[Alternative]]) -> list[tuple[str, str]]:
    """Groups of which one condition has to hold as query parameters, numbered from 1."""
    found = []
    for number, group in enumerate(groups, 1):
        for each in group:
            pairs = pairs_of([each]) if isinstance(each, Condition) else pairs_of_cohorts([each])
            found += [(prefix_of(number) + name, value) for name, value in pairs]
    return found


def prefix_of(group: int) -> str:
    """The prefix of the query parameters of a group."""
    return f"any{group}."


def parts_of(query: QueryDict, mistakes: list[str], known: KnownCohorts = NO_COHORTS) -> Filter:
    """Parse the filter in a query string, which can name the ``known`` cohorts.

    A sentence about each invalid parameter is added to ``mistakes``.
    """
    groups = tuple(_GROUPS[word] for word in _known(query, "group", list(_GROUPS), mistakes))
    # A type of a selected group has no effect, so it gets no chip.
    types = tuple(name for name in _known(query, "type", list(TYPES), mistakes) if GROUP_OF[name] not in groups)
    custom = custom_parts(map(_ungrouped, query), mistakes)
    given = dict(query.lists())
    any_of: list[list[Alternative]] = [
        [*conditions_on((*GROUPED, *custom), each, mistakes), *conditions_in(each, known, mistakes)]
        for each in _groups(query, mistakes)
    ]
    return Filter(
        groups=groups,
        types=types,
        conditions=conditions_on((*PARTS, *custom), given, mistakes),
        any_of=any_of,
        cohorts=conditions_in(given, known, mistakes),
    )


def conditions_on(parts: Sequence[FilterPart], given: Mapping[str, list[str]], mistakes: list[str]) -> list[Condition]:
    """The conditions on these fields among parameters without a prefix."""
    found = []
    for part in parts:
        for form, _ in part.forms:
            values = _values(given.get(part.name + form, []), part, mistakes)
            if values:
                found.append(Condition(part.field, values, is_not=DENIED in form, contains=CONTAINED in form))
    return found


def _groups(query: QueryDict, mistakes: list[str]) -> list[dict[str, list[str]]]:
    """The parameters of each group, by number."""
    found: dict[int, dict[str, list[str]]] = {}
    for name, values in query.lists():
        match = _ANY.fullmatch(name)
        if match and _is_grouped(name):
            found.setdefault(int(match[1]), {})[match[2]] = values
    if len(found) > MOST_GROUPS:
        mistakes.append(f"A filter can have up to {MOST_GROUPS} groups of conditions. The rest were left out.")
    return [found[number] for number in sorted(found)[:MOST_GROUPS]]


def _values(texts: list[str], part: FilterPart, mistakes: list[str]) -> tuple[Value, ...]:
    """The distinct values of some texts."""
    found: dict[Value, None] = {}
    for text in dict.fromkeys(each.strip() for each in texts):
        value = part.meant(text) if text else None
        if value is not None:
            found[value] = None
        elif text:
            mistakes.append(part.mistake(text))
    if len(found) > MOST_VALUES:
        mistakes.append(f"{part.label}: more than {MOST_VALUES} values. The rest were left out.")
    return tuple(found)[:MOST_VALUES]


def one_of(query: QueryDict, name: str, known: list[str], mistakes: list[str]) -> str | None:
    """The value of the query parameter ``name`` if it's one of ``known``."""
    given = query.get(name)
    if not given or given in known:
        return given or None
    mistakes.append(f"{name}={given[:40]} in the address isn't valid; it can be {_listed(known)}.")
    return None


def _known(query: QueryDict, name: str, known: list[str], mistakes: list[str]) -> list[str]:
    given = list(dict.fromkeys(query.getlist(name)))
    mistakes.extend(f"Unknown {name}: {word[:40]}." for word in given if word and word not in known)
    return [word for word in known if word in given]


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
