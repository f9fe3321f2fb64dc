"""How what a receipt says is written."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone

from interactions.contract.moments import written_in

register = template.Library()


@register.filter
def store(name: str) -> str:
    """What was counted in a store, as a receipt names it; all but summaries hold records."""
    return "Rows of summaries" if name == "summaries" else name.capitalize()


@register.filter
def instant(text: str) -> str:
    """A moment as receipts keep it (ISO 8601), to the second, in the environment's zone."""
    return written_in(timezone.get_current_timezone(), datetime.fromisoformat(text), "%b %-d, %Y, %H:%M:%S")
