"""Template filters for channels of notifications."""

from __future__ import annotations

from typing import Final

from django import template

from interactions.models import NotificationChannel

register = template.Library()

Kind = NotificationChannel.Kind
_ICONS: Final = {Kind.EMAIL: "mail", Kind.SERVICE: "message", Kind.WEBHOOK: "webhook"}
_HINTS: Final = {
    Kind.EMAIL: "Up to 20 addresses, separated by commas.",
    Kind.SERVICE: "Slack, Teams, Discord and a hundred more: an Apprise URL, such as slack://token_a/token_b/token_c.",
    Kind.WEBHOOK: "JSON by POST to an http or https address, signed with a secret.",
}


@register.filter
def channel_icon(kind: str) -> str:
    return _ICONS[Kind(kind)]


@register.filter
def channel_hint(kind: str, sends_mail: bool) -> str:
    """What to enter for a kind of channel."""
    if kind == Kind.EMAIL and not sends_mail:
        return "EMAIL_URL isn't set, so Dojo can't send e-mail yet."
    return _HINTS[Kind(kind)]
