"""Conditions that last: one notification when they begin and one when they end, by the process that sees it first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from interactions.models import Alarm, Environment
from interactions.notifications.events import NotifiedEvent
from interactions.notifications.tell import tell


@dataclass(frozen=True, slots=True)
class AlarmText:
    """The title and text about a condition."""

    title: str
    text: str
    details: dict[str, Any] = field(default_factory=dict)


def alarm(name: str) -> Alarm:
    """The alarm called ``name``, locked until the end of the transaction."""
    Alarm.objects.get_or_create(name=name)
    return Alarm.objects.select_for_update().get(name=name)


def watch(
    name: str,
    event: NotifiedEvent,
    environment: Environment | None,
    *,
    is_on: bool,
    begun: AlarmText,
    over: AlarmText,
    path: str = "",
) -> None:
    """Record whether a condition holds now, and notify if that has changed."""
    if Alarm.objects.filter(name=name, is_on=True).exists() == is_on:
        return  # nearly always, and it needs no write lock
    with transaction.atomic():
        row = alarm(name)
        if row.is_on == is_on:
            return
        set_alarm(row, event, environment, is_on=is_on, said=begun if is_on else over, path=path)


def set_alarm(
    row: Alarm, event: NotifiedEvent, environment: Environment | None, *, is_on: bool, said: AlarmText, path: str
) -> None:
    """Change a locked alarm and tell about it."""
    row.is_on = is_on
    row.count += 1 if is_on else 0
    row.since = timezone.now()
    row.save()
    tell(
        event,
        environment,
        key=f"{row.name}:{row.count}:{'begun' if is_on else 'over'}",
        title=said.title,
        text=said.text,
        path=path,
        details={**said.details, "state": "begun" if is_on else "over"},
    )
