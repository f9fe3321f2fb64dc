"""The server that mail goes through, as EMAIL_URL names it."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SCHEMES = {"smtp", "smtp+tls", "smtps"}
_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def server(url: str) -> dict[str, Any]:
    """Django's settings for ``smtp+tls://user:password@host:587``: smtp+tls begins plain, smtps is TLS throughout.

    Raises ImproperlyConfigured where there is no host.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL has no host: write smtp+tls://user:password@mail.example.com:587.")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or _PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
    }
