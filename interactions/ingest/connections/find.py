"""Whose an address is, and whether what was sent there is signed with its secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256

from django.db.models import Q
from django.utils import timezone

from interactions.access.keys import Caller
from interactions.connectors import SOURCES
from interactions.ingest.connections.seal import opened
from interactions.models import ApiKey, Connection

PREFIX = "dojo_co_"
_ADDRESS = "/v1/connect"
# WooCommerce calls an address once when a webhook is saved, unsigned, and drops the webhook unless it is answered 200.
_PING = re.compile(rb"webhook_id=\d+")
_PINGS = {"woocommerce": _PING}


def path_of(source: str, token: str) -> str:
    """The address that a tool is given, below the host."""
    return f"{_ADDRESS}/{source}/{token}"


def digest_of(token: str) -> str:
    """The hash by which a token is known."""
    return sha256(token.encode(errors="replace")).hexdigest()


def find(source: str, token: str) -> Connection | None:
    """The connection with this address, or with this one before it was rotated; None where there is none."""
    digest = digest_of(token)
    former = Q(former_digest=digest, former_ends_at__gt=timezone.now())
    found = Connection.objects.filter(Q(digest=digest) | former, source=source)
    return found.select_related("environment").first()


def caller_of(connection: Connection) -> Caller:
    """A connection as limits, the Live page and the activity log know who calls: with a number that no key has."""
    here = connection.environment
    return Caller(
        key_id=-connection.pk,
        name=connection.name,
        prefix=connection.prefix,
        kind=ApiKey.Kind.SECRET,
        allowed_origins=(),
        environment_id=here.pk,
        environment=here.slug,
    )


def is_authentic(connection: Connection, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the tool itself sent this body. Raises SecretUnreadable."""
    source = SOURCES[connection.source]
    return not source.SIGNATURE or source.authentic(headers, body, opened(connection.secret))


def is_ping(connection: Connection, body: bytes) -> bool:
    """Whether the tool only asks if somebody is there."""
    ping = _PINGS.get(connection.source)
    return ping is not None and ping.fullmatch(body.strip()) is not None
