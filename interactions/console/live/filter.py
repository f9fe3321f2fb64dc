"""The query parameters of the Live page: which calls to show, and from where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from django.http import QueryDict
from django.utils.http import urlencode

from interactions.console.live.problems import HOURS
from interactions.contract.tombstones import Person

STATUSES: Final = {
    "2xx": "Accepted",
    "4xx": "Refused",
    "5xx": "Failed",
    "400": "400 · unreadable",
    "401": "401 · no valid key",
    "403": "403 · not allowed",
    "408": "408 · too slow",
    "413": "413 · too large",
    "422": "422 · invalid records",
    "429": "429 · too many calls",
}
_LONGEST: Final = 1024


@dataclass(frozen=True, slots=True)
class LiveFilter:
    """The parsed parameters; invalid ones are ignored."""

    status: str = ""
    key: str = ""
    type: str = ""
    person: Person | None = None
    hours: int = 1
    before: int | None = None
    after: int | None = None

    @classmethod
    def of(cls, query: QueryDict) -> LiveFilter:
        status = query.get("status", "")
        hours = _number(query.get("hours", ""))
        return cls(
            status if status in STATUSES else "",
            query.get("key", "")[:_LONGEST],
            query.get("type", "")[:_LONGEST],
            Person.at(query.get("person", "")),
            hours if hours in HOURS else 1,
            _number(query.get("before", "")),
            _number(query.get("after", "")),
        )

    @property
    def is_set(self) -> bool:
        """Whether any calls are filtered out."""
        return bool(self.status or self.key or self.type or self.person)

    def conditions(self) -> dict[str, Any]:
        """The arguments of ``calls.recent``."""
        return {
            "status": self.status or None,
            "key": self.key or None,
            "type": self.type or None,
            "person": self.person,
        }

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters without a person, for the hidden fields of a form."""
        return parse_qsl(self.query(person=None).removeprefix("?"))

    def query(self, **changes: Any) -> str:
        """The query string with ``changes`` (None removes a parameter); empty if all are defaults."""
        parts = {
            "status": self.status,
            "key": self.key,
            "type": self.type,
            "person": self.person.address if self.person else "",
            "hours": self.hours,
        } | changes
        if parts["hours"] == 1:
            parts["hours"] = None
        said = {name: str(value) for name, value in parts.items() if value is not None and value != ""}
        return f"?{urlencode(said)}" if said else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
