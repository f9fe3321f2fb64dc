"""The parts of a filter: what each is called in an address and for people, and what an address says of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from django.http import QueryDict

from interactions.analytics.filters import Device, Filter
from interactions.contract.schema import GROUP_OF, TYPES, Group
from interactions.contract.tombstones import Person

_LONGEST: Final = 2_048  # characters of one value; no id or address that is looked for is longer


@dataclass(frozen=True, slots=True)
class FilterPart:
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
    FilterPart("user", "user_key", "User", is_person=True),
    FilterPart("anonymous", "anonymous_key", "Anonymous id", is_person=True),
    FilterPart("product", "product_id", "Product id"),
    FilterPart("keywords", "keywords", "Search words"),
    FilterPart("category", "category", "Category"),
    FilterPart("miso_id", "miso_id", "Miso id"),
    FilterPart("source", "campaign_source", "Campaign source"),
    FilterPart("medium", "campaign_medium", "Campaign medium"),
    FilterPart("campaign", "campaign_name", "Campaign name"),
    FilterPart("page", "page_contains", "Page address contains"),
    FilterPart("locale", "locale", "Locale"),
    FilterPart("region", "region", "Region"),
    FilterPart("device", "device", "Device", {each.value: (each, each.value.capitalize()) for each in Device}),
    FilterPart("assisted", "is_assisted", "Miso-assisted", {"yes": (True, "Yes"), "no": (False, "No")}),
    FilterPart("origin", "is_live", "Came by", {"import": (False, "Import"), "live": (True, "Live call")}),
)
_GROUPS: Final = {group.name.lower(): group for group in Group}
PEOPLE: Final = tuple(part.name for part in PARTS if part.is_person)


def parts_of(query: QueryDict, mistakes: list[str]) -> Filter:
    """The filter that an address asks for; a sentence about each part that says nothing is added to ``mistakes``."""
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


def one_of(query: QueryDict, name: str, known: list[str], mistakes: list[str]) -> str | None:
    """The word an address gives for ``name``, where it is one that is ``known``."""
    given = query.get(name)
    if not given or given in known:
        return given or None
    mistakes.append(f"The address says {name}={given[:40]}; it can be {', '.join(known[:-1])} or {known[-1]}.")
    return None


def _known(query: QueryDict, name: str, known: list[str], mistakes: list[str]) -> list[str]:
    given = list(dict.fromkeys(query.getlist(name)))
    mistakes.extend(f"Unknown {name}: {word[:40]}." for word in given if word and word not in known)
    return [word for word in known if word in given]


def _import_id(query: QueryDict, mistakes: list[str]) -> int | None:
    given = query.get("import", "")
    if given and not (given.isascii() and given.isdigit() and 0 < int(given) < 1 << 63):
        mistakes.append("The import in the address isn't a number.")
        return None
    return int(given) if given else None
