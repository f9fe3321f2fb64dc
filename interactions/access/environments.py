"""Change the settings of an environment, and log the values before and after."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.utils import timezone

from interactions.access import audit
from interactions.access.audit import Action
from interactions.models import Environment

# The settings, and their names in the activity log.
SETTINGS: Final = {
    "name": "name",
    "time_zone": "time zone",
    "currency": "currency",
    "retention_months": "months kept",
    "needs_approval": "approval of deletion requests",
    "thresholds": "health thresholds",
}


def change(environment: Environment, **values: Any) -> bool:
    """Change the settings in ``values``, named as in SETTINGS; returns whether any changed."""
    with transaction.atomic():
        now = Environment.objects.select_for_update().get(pk=environment.pk)
        changed = {name: value for name, value in values.items() if getattr(now, name) != value}
        for name, value in changed.items():
            audit.note(
                Action.SETTINGS_CHANGED,
                environment=environment,
                object=SETTINGS[name],
                details={"before": _told(getattr(now, name)), "after": _told(value)},
            )
            setattr(environment, name, value)
        if changed:
            environment.save(update_fields=list(changed))
    return bool(changed)


def zones() -> list[tuple[str, str]]:
    """All time zones to choose from, with their current UTC offset: ``+05:30``."""
    now = timezone.now()
    return [(name, _offset(name, now)) for name in _names()]


def zone_called(given: str) -> str | None:
    """Find a zone by name, ignoring case, or by city if that's unique: ``berlin``, ``america/new york``."""
    sought = given.strip().replace(" ", "_").lower()
    found = [name for name in _names() if sought in (name.lower(), name.lower().rpartition("/")[2])]
    return found[0] if len(found) == 1 else None


@cache
def _names() -> list[str]:
    """The zones named after places, and UTC: others are old aliases, or have inverted signs."""
    places = (
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/"))
    )
    return ["UTC", *sorted(places)]


def _offset(name: str, at: datetime) -> str:
    text = at.astimezone(ZoneInfo(name)).strftime("%z")
    return f"{text[:3]}:{text[3:]}"


def _told(value: Any) -> str:
    """A setting for the log; a dictionary (thresholds) holds the differences from the defaults."""
    if isinstance(value, bool):
        return "needed" if value else "not needed"
    if isinstance(value, dict):
        return "; ".join(f"{name} {edges}" for name, edges in sorted(value.items())) or "the usual ones"
    return "all" if value is None else str(value) or "none"
