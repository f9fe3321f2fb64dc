"""How what a receipt says is written."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.safestring import SafeString

from interactions.templatetags.presentation import moment

register = template.Library()


@register.filter
def instant(text: str) -> SafeString | str:
    """A moment as receipts write it (ISO 8601), in the environment's zone."""
    return moment(datetime.fromisoformat(text))
