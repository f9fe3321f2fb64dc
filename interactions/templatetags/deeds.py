"""Template filters for entries of the activity log."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from django import template
from django.urls import reverse
from django.utils import timezone

from interactions.access.audit import Action, ActorKind
from interactions.access.audit.read import GROUP_OF
from interactions.contract.moments import written_in
from interactions.contract.tombstones import Person
from interactions.models import ActivityEntry, Environment

register = template.Library()

_ICONS: Final = {
    "Log-ins": "login",
    "Imports": "file-import",
    "Data": "download",
    "Privacy": "user-x",
    "API keys": "key",
    "Connections": "plug-connected",
    "Members": "users",
    "Cohorts": "users-group",
    "Views and links": "share",
    "Settings": "settings",
}
_FAILURES: Final = (Action.LOG_IN_FAILED, Action.SECOND_FACTOR_FAILED, Action.IMPORT_FAILED, Action.DELETION_FAILED)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d")
_PAGES: Final = {
    "import": "import_detail",
    "deletion request": "deletion_request",
    "cohort": "cohort_edit",
}  # the pages of objects, by kind


@register.filter
def actor(entry: ActivityEntry) -> str:
    """The actor: a name, with the kind of actor unless it's a user."""
    match entry.actor_kind:
        case ActorKind.USER:
            return entry.actor
        case ActorKind.KEY:
            return f"Key {entry.actor}"
        case ActorKind.COMMAND:
            return f"Command line ({entry.actor})"
    return str(entry.get_actor_kind_display())


@register.filter
def action_icon(entry: ActivityEntry) -> str:
    return "user" if entry.action == Action.PERSON_VIEWED else _ICONS[GROUP_OF[Action(entry.action)]]


@register.filter
def is_failure(entry: ActivityEntry) -> bool:
    return entry.action in _FAILURES


@register.filter
def told(details: dict[str, Any]) -> str:
    """``{"accepted": 1200}`` → ``accepted 1,200``; ``before`` and ``after`` → ``Viewer → Analyst``."""
    rest = dict(sorted(details.items()))  # PostgreSQL keeps no order of its own
    parts = []
    if "before" in rest and "after" in rest:
        parts.append(f"{_word(rest.pop('before'))} → {_word(rest.pop('after'))}")
    parts += [f"{name.replace('_', ' ')} {_word(value)}" for name, value in rest.items()]
    return " · ".join(parts)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(_word, value))
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return written_in(timezone.get_current_timezone(), datetime.fromisoformat(value), "%b %-d, %Y, %H:%M")
    return "none" if value is None else str(value)


@register.simple_tag
def url_of(entry: ActivityEntry, environment: Environment) -> str:
    """The URL of the entry's object; empty if it has no page."""
    kind, _, number = entry.object.rpartition(" ")
    if kind == "person" and Person.at(number):
        return reverse("person", args=[environment.slug, number])
    if kind not in _PAGES or not number.isdigit():
        return ""
    return reverse(_PAGES[kind], args=[environment.slug, int(number)])
