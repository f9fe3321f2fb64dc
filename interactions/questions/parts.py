"""The fields of a filter: the query parameter and the label of each, and parsing them from a query string."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.http import QueryDict

from interactions.analytics.conditions import CUSTOM, Condition, Value, is_key
from interactions.analytics.filters import Device, Filter
from interactions.contract.schema import GROUP_OF, TYPES, Group
from interactions.contract.tombstones import Person

MOST_VALUES: Final = 100
"""Values of one field; the rest are ignored."""
_LONGEST: Final = 2_048  # characters of one value; no id or page address is longer


@dataclass(frozen=True, slots=True)
class FilterPart:
    """A field of the filter: its query parameter, the field it's about, and its label.

    ``values`` are the choices by their value in the query string; without any, it's a text, or a number with
    ``is_number``. With ``is_person`` it's a keyed hash, as in the URLs of people's pages. ``verbs`` follow the label:
    "is" and "is not".
    """

    name: str
    field: str
    label: str
    values: dict[str, tuple[Any, str]] = dataclasses.field(default_factory=dict)
    is_person: bool = False
    is_number: bool = False
    verbs: tuple[str, str] = (" is", " is not")

    def name_of(self, condition: Condition) -> str:
        """The query parameter: ``region``, or ``region!`` for values it must not have."""
        return self.name + DENIED if condition.is_not else self.name

    def said(self, value: Any) -> str:
        """A value as in a query string."""
        if self.is_person:
            return Person(**{self.field: value}).address
        return next((word for word, (each, _) in self.values.items() if each == value), str(value))

    def words(self, value: Any) -> str:
        """A value for display."""
        return next((words for each, words in self.values.values() if each == value), self.said(value))

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
            return f"{self.label}: addresses hold no ids. Choose Filter and type the id there."
        if self.values:
            return f"The address says {self.name}={text[:40]}; it can be {_listed(list(self.values))}."
        if self.is_number:
            return f"The {self.label.lower()} in the address isn't a number."
        return f"{self.label}: more than {_LONGEST:,} characters. It was left out."


DENIED: Final = "!"
"""The suffix of a query parameter for excluded values: ``region!=Kent``."""

_SAID: Final = (":", ": not")

PARTS: Final = (
    FilterPart("user", "user_key", "User", is_person=True),
    FilterPart("anonymous", "anonymous_key", "Anonymous id", is_person=True),
    FilterPart("product", "product_id", "Product id"),
    FilterPart("keywords", "keywords", "Search words", verbs=(" are", " are not")),
    FilterPart("category", "category", "Category"),
    FilterPart("miso_id", "miso_id", "Miso id"),
    FilterPart("source", "campaign_source", "Campaign source"),
    FilterPart("medium", "campaign_medium", "Campaign medium"),
    FilterPart("campaign", "campaign_name", "Campaign name"),
    FilterPart("page", "page_contains", "Page address", verbs=(" contains", " doesn't contain")),
    FilterPart("locale", "locale", "Locale"),
    FilterPart("region", "region", "Region"),
    FilterPart("device", "device", "Device", {each.value: (each.value, each.value.capitalize()) for each in Device}),
    FilterPart("assisted", "is_assisted", "Miso-assisted", {"yes": (True, "Yes"), "no": (False, "No")}, verbs=_SAID),
    FilterPart("origin", "is_live", "Came by", {"import": (False, "Import"), "live": (True, "Live call")}, verbs=_SAID),
    FilterPart("import", "import_id", "Import", is_number=True),
)
MOST_KEYS: Final = 5
"""Keys of custom_context in one filter."""
_CUSTOM: Final = "custom."  # prefix of the query parameter of such a key
_GROUPS: Final = {group.name.lower(): group for group in Group}
_BY_FIELD: Final = {part.field: part for part in PARTS}
_FORMS: Final = ("", DENIED)  # suffixes of query parameters
PEOPLE: Final = tuple(part.name + form for part in PARTS if part.is_person for form in _FORMS)
NAMES: Final = ("group", "type", *(part.name + form for part in PARTS for form in _FORMS))


def part_of(condition: Condition) -> FilterPart:
    """The filter field of a condition."""
    return _BY_FIELD.get(condition.field) or _custom_part(condition.key_of_context)


def names_in(query: QueryDict) -> list[str]:
    """The query parameters that belong to the filter."""
    return [*NAMES, *(name for name in query if name.startswith(_CUSTOM))]


def _custom_part(key: str) -> FilterPart:
    return FilterPart(_CUSTOM + key, CUSTOM + key, key)


def _custom_parts(query: QueryDict, mistakes: list[str]) -> list[FilterPart]:
    """The keys of custom_context in a query string, each once."""
    given = (name.removesuffix(DENIED).removeprefix(_CUSTOM) for name in query if name.startswith(_CUSTOM))
    keys = list(dict.fromkeys(given))
    mistakes.extend(f"You can't filter by the key {key[:40]!r} of custom_context." for key in keys if not is_key(key))
    known = [key for key in keys if is_key(key)]
    if len(known) > MOST_KEYS:
        mistakes.append(f"A filter can have up to {MOST_KEYS} keys of custom_context. The rest was left out.")
    return [_custom_part(key) for key in sorted(known[:MOST_KEYS])]


def pairs_of(conditions: Iterable[Condition]) -> list[tuple[str, str]]:
    """Conditions as query parameters."""
    found = []
    for condition in conditions:
        part = part_of(condition)
        found += [(part.name_of(condition), part.said(value)) for value in condition.values]
    return found


def parts_of(query: QueryDict, mistakes: list[str]) -> Filter:
    """Parse the filter in a query string; a sentence about each invalid parameter is added to ``mistakes``."""
    groups = tuple(_GROUPS[word] for word in _known(query, "group", list(_GROUPS), mistakes))
    # A type of a selected group has no effect, so it gets no chip.
    types = tuple(name for name in _known(query, "type", list(TYPES), mistakes) if GROUP_OF[name] not in groups)
    conditions = []
    for part in (*PARTS, *_custom_parts(query, mistakes)):
        for form in _FORMS:
            values = _values(query.getlist(part.name + form), part, mistakes)
            if values:
                conditions.append(Condition(part.field, values, is_not=form == DENIED))
    return Filter(groups=groups, types=types, conditions=conditions)


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
        mistakes.append(f"{part.label}: more than {MOST_VALUES} values. The rest was left out.")
    return tuple(found)[:MOST_VALUES]


def one_of(query: QueryDict, name: str, known: list[str], mistakes: list[str]) -> str | None:
    """The value of the query parameter ``name`` if it's one of ``known``."""
    given = query.get(name)
    if not given or given in known:
        return given or None
    mistakes.append(f"The address says {name}={given[:40]}; it can be {_listed(known)}.")
    return None


def _known(query: QueryDict, name: str, known: list[str], mistakes: list[str]) -> list[str]:
    given = list(dict.fromkeys(query.getlist(name)))
    mistakes.extend(f"Unknown {name}: {word[:40]}." for word in given if word and word not in known)
    return [word for word in known if word in given]


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
