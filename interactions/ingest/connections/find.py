"""Look up the connection of a URL, and verify signatures."""

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
# When a webhook is saved, WooCommerce sends an unsigned ping, and drops the webhook unless the response is 200.
_PING = re.compile(rb"webhook_id=\d+")
_PINGS = {"woocommerce": _PING}


def path_of(source: str, token: str) -> str:
    """The path of a connection's URL."""
    return f"{_ADDRESS}/{source}/{token}"


def digest_of(token: str) -> str:
    """The hash under which a token is stored."""
    return sha256(token.encode(errors="replace")).hexdigest()


def find(source: str, token: str) -> Connection | None:
    """The connection with this token, or with this one before a rotation whose grace period isn't over; else None."""
    digest = digest_of(token)
    former = Q(former_digest=digest, former_ends_at__gt=timezone.now())
    found = Connection.objects.filter(Q(digest=digest) | former, source=source)
    return found.select_related("environment").first()


def caller_of(connection: Connection) -> Caller:
    """The connection as a Caller, for rate limits, the Live page and the activity log. Its negative id can't be that of
    an API key."""
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
    """Whether the signature of this body is valid. Raises ConnectionSecretUnreadable."""
    source = SOURCES[connection.source]
    return not source.SIGNATURE or source.authentic(headers, body, opened(connection.secret))


def is_ping(connection: Connection, body: bytes) -> bool:
    """Whether the body is only the tool's ping."""
    ping = _PINGS.get(connection.source)
    return ping is not None and ping.fullmatch(body.strip()) is not None
