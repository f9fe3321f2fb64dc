"""Links in messages to Dojo's pages."""

from __future__ import annotations

from django.conf import settings


def link(path: str) -> str:
    """The absolute URL of a page; empty if PUBLIC_URL isn't set, because only operators know Dojo's address."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}" if settings.PUBLIC_URL and path else ""
