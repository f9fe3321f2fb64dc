"""Template filters for deletion requests and their receipts."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final

from django import template
from django.utils import timezone

from interactions.contract.moments import written_in
from interactions.models import DeletionRequest
from interactions.templatetags.presentation import counted, duration, percent

register = template.Library()

State = DeletionRequest.State
_TONES: Final = {
    State.RECEIVED: "amber",
    State.HIDDEN: "blue",
    State.ERASING: "blue",
    State.VERIFIED: "green",
    State.FAILED: "red",
    State.CANCELLED: "grey",
}
_SHOWN_TYPES: Final = 4


def named(users: int, anonymous: int) -> str:
    """``2 users and 1 anonymous id``."""
    parts = [counted(users, "user")] if users or not anonymous else []
    return " and ".join([*parts, counted(anonymous, "anonymous id")] if anonymous else parts)


@register.filter
def people_named(request: DeletionRequest) -> str:
    """The people it names: users, and anonymous ids by themselves."""
    return named(request.people, request.anonymous)


@register.filter
def people_covered(request: DeletionRequest) -> str:
    """The people it hides and erases: those named, and anonymous ids that are theirs."""
    return named(request.people, request.anonymous + request.linked)


@register.filter
def deletion_tone(request: DeletionRequest) -> str:
    """The colour of a request's state."""
    if request.held_nothing:
        return "grey"
    return "amber" if request.awaits_approval else _TONES[State(request.state)]


@register.filter
def deletion_state(request: DeletionRequest) -> str:
    """The state in words, with the progress."""
    if request.awaits_approval:
        return "Hidden, waits for approval"
    if request.state == State.ERASING and request.parts_total and not request.waits_for_id:
        return f"Erasing {percent(request.parts_done / request.parts_total)}"
    if request.held_nothing:
        return "Nothing stored"
    return "Preview" if request.state == State.RECEIVED else str(request.get_state_display())


@register.filter
def took(request: DeletionRequest) -> str:
    """The time from the request to its end."""
    return duration(request.ended_at - request.received_at) if request.ended_at else "–"


@register.filter
def days_left(request: DeletionRequest) -> int:
    """Days until it's due, counting a partial day; negative once it's a day overdue."""
    return math.ceil((request.due_at - timezone.now()) / timedelta(days=1))


@register.filter
def due(request: DeletionRequest) -> str:
    """``in 12 days``, ``today``, ``3 days over``."""
    left = days_left(request)
    if left < 0:
        return f"{counted(-left, 'day')} over"
    return f"in {counted(left, 'day')}" if left else "today"


@register.filter
def most(types: dict[str, int]) -> list[tuple[str, int]]:
    """The types with the most records, and the rest as one entry."""
    ordered = sorted(types.items(), key=lambda each: -each[1])
    if len(ordered) <= _SHOWN_TYPES:
        return ordered
    others = sum(records for _, records in ordered[_SHOWN_TYPES - 1 :])
    return [*ordered[: _SHOWN_TYPES - 1], (f"{len(ordered) - _SHOWN_TYPES + 1} others", others)]


@register.filter
def store(name: str) -> str:
    """The name of a store on a receipt; all but summaries count records."""
    return "Rows of summaries" if name == "summaries" else name.capitalize()


@register.filter
def instant(text: str) -> str:
    """A time from a receipt (ISO 8601), to the second, in the environment's time zone."""
    return written_in(timezone.get_current_timezone(), datetime.fromisoformat(text), "%b %-d, %Y, %H:%M:%S")
