"""Change the settings of an environment, and have that noted with what it was before."""

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

# What can be set, and what the activity log calls it.
SETTINGS: Final = {
    "name": "name",
    "time_zone": "time zone",
    "currency": "currency",
    "retention_months": "months kept",
    "needs_approval": "approval of deletion requests",
    "thresholds": "health thresholds",
}


def change(environment: Environment, **values: Any) -> bool:
    """Set what is in ``values``, by the names of SETTINGS; answers whether anything is another now."""
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
    """All time zones that can be chosen, each with its distance from UTC at this moment: ``+05:30``."""
    now = timezone.now()
    return [(name, _offset(name, now)) for name in _names()]


def zone_called(given: str) -> str | None:
    """The zone of that name in whatever spelling, or the only one of that city: ``berlin``, ``america/new york``."""
    sought = given.strip().replace(" ", "_").lower()
    found = [name for name in _names() if sought in (name.lower(), name.lower().rpartition("/")[2])]
    return found[0] if len(found) == 1 else None


@cache
def _names() -> list[str]:
    """Those named for a place, and UTC: the others are older names of the same, or count the wrong way round."""
    places = (
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/"))
    )
    return ["UTC", *sorted(places)]


def _offset(name: str, at: datetime) -> str:
    text = at.astimezone(ZoneInfo(name)).strftime("%z")
    return f"{text[:3]}:{text[3:]}"


def _told(value: Any) -> str:
    """A setting in the log's words; a dictionary (thresholds) as its differences from the usual ones."""
    if isinstance(value, bool):
        return "needed" if value else "not needed"
    if isinstance(value, dict):
        return "; ".join(f"{name} {edges}" for name, edges in sorted(value.items())) or "the usual ones"
    return "all" if value is None else str(value) or "none"
