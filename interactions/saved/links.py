"""Share links: create, find by token, and revoke. The token is shown once and stored as a hash."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from interactions.access import audit
from interactions.access.audit import Action
from interactions.errors import DojoError
from interactions.models import Environment, ShareLink
from interactions.saved.query import filter_of, lasting, names_people

PAGES: Final = frozenset({"dashboard", "breakdown", "funnel", "paths", "retention"})
"""The pages that can be shared, by the names of their URLs: those with figures, and without records or people."""

_RANDOM_BYTES: Final = 24  # 192 bits
_LONGEST_TOKEN: Final = 64
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?", re.IGNORECASE)


class LinkRefused(DojoError):
    """A link can't be made as asked."""


def create(
    environment: Environment,
    user: User,
    *,
    name: str,
    page: str,
    query: str,
    expires_at: datetime,
    panel: str = "",
    allowed_origins: str = "",
    is_adjustable: bool = False,
) -> tuple[ShareLink, str]:
    """Create a link; returns it and its token, which can't be recovered later. Raises LinkRefused, QueryTooLong."""
    kept = lasting(query)
    if names_people(kept, environment):
        raise LinkRefused("A filter about a person can't be shared by link. Remove that condition first.")
    if mistakes := filter_of(kept, environment).mistakes:
        raise LinkRefused(mistakes[0])
    token = secrets.token_urlsafe(_RANDOM_BYTES)
    with transaction.atomic():
        link = ShareLink.objects.create(
            environment=environment,
            created_by=user,
            name=name,
            page=page,
            query=kept,
            panel=panel,
            allowed_origins="\n".join(each.rstrip("/").lower() for each in allowed_origins.split()),
            is_adjustable=is_adjustable,
            digest=_digest(token),
            expires_at=expires_at,
        )
        _note(Action.LINK_CREATED, link, page=page, expires=expires_at.isoformat(), embedded=bool(allowed_origins))
    return link, token


def find(token: str) -> ShareLink | None:
    """The link with this token; None if there is none, it has expired, or it was revoked."""
    if len(token) > _LONGEST_TOKEN:
        return None
    found = ShareLink.objects.select_related("environment").filter(digest=_digest(token)).first()
    return found if found is not None and found.is_live else None


def is_whole(link: ShareLink) -> bool:
    """Whether all conditions of the link's filter still have a meaning. Without one, it would show more than was
    shared."""
    return not filter_of(link.query, link.environment).mistakes


def opened(link: ShareLink) -> None:
    """Count that the link was opened."""
    ShareLink.objects.filter(pk=link.pk).update(uses=F("uses") + 1, last_used_at=timezone.now())


def revoke(link: ShareLink) -> None:
    """Revoke a link: it's refused from now on. A revoked link isn't changed."""
    with transaction.atomic():
        if ShareLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now()):
            _note(Action.LINK_REVOKED, link)


def is_site(text: str) -> bool:
    """Whether a text is an origin that can embed a chart: a scheme and a host, without a path or wildcards."""
    return _ORIGIN.fullmatch(text.rstrip("/")) is not None


def _digest(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()


def _note(action: Action, link: ShareLink, **details: str | bool) -> None:
    audit.note(action, environment=link.environment, object=f"share link {link.pk}", details=details)
