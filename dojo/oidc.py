"""Providers of log-ins by OpenID Connect, as the settings name them."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def providers(issuer: str, client_id: str, secret: str, name: str, *, trusts_email: bool) -> list[dict[str, Any]]:
    """What django-allauth needs to know of each provider; several have commas between, in the same order.

    Raises ImproperlyConfigured.
    """
    if not issuer:
        return []
    issuers, ids, secrets = (_parts(each, several="," in issuer) for each in (issuer, client_id, secret))
    names = _parts(name, several=True) if name else [urlsplit(each).netloc for each in issuers]
    if not len(issuers) == len(ids) == len(secrets) == len(names) or not all((*ids, *secrets)):
        raise ImproperlyConfigured(
            "OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and OIDC_NAME must have a value for each provider."
        )
    return [
        {
            "provider_id": _slug(issuer),
            "name": name,
            "client_id": client_id,
            "secret": secret,
            "settings": {"server_url": issuer.rstrip("/"), "oauth_pkce_enabled": True, "verified_email": trusts_email},
        }
        for issuer, client_id, secret, name in zip(issuers, ids, secrets, names, strict=True)
    ]


def roles(text: str, known: tuple[str, ...]) -> dict[str, str]:
    """``{group: role}`` of ``"admins=owner,data=analyst"``. Raises ImproperlyConfigured."""
    found = {}
    for part in filter(None, _parts(text, several=True)):
        group, _, role = part.rpartition("=")
        if not group or role not in known:
            raise ImproperlyConfigured(f"OIDC_ROLES has {part!r}: write group=role, with {', '.join(known)}.")
        found[group.strip()] = role
    return found


def domains(text: str, *, has_role: bool) -> frozenset[str]:
    """Domains of e-mail addresses, in small letters.

    Raises ImproperlyConfigured where new members would have no role, and so see nothing.
    """
    found = frozenset(part.lower() for part in _parts(text, several=True) if part)
    if found and not has_role:
        raise ImproperlyConfigured(
            "OIDC_DOMAINS lets new members in and gives them no role: set OIDC_DEFAULT_ROLE, or OIDC_ROLES."
        )
    return found


def _parts(text: str, *, several: bool) -> list[str]:
    return [part.strip() for part in text.split(",")] if several else [text]


def _slug(issuer: str) -> str:
    """A provider by its issuer, as accounts are known by it: another issuer must not get them by taking a name."""
    parts = urlsplit(issuer)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ImproperlyConfigured(f"OIDC_ISSUER is {issuer}: it must start with https://.")
    return re.sub(r"[^a-z0-9]+", "-", f"{parts.netloc}{parts.path}".lower()).strip("-")
