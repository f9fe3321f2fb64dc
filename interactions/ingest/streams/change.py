"""Create streams, and find the one for a command."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from interactions.access import audit
from interactions.access.audit import Action
from interactions.errors import DojoError
from interactions.ingest.connections.find import digest_of
from interactions.models import Connection, Environment, Stream, StreamKind

GROUP: Final = "dojo"
_SERVER: Final = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}")
_TOPIC: Final = re.compile(r"[\w.-]{1,249}")
_STREAM: Final = re.compile(r"[\w.-]{1,128}")
_REGION: Final = re.compile(r"[a-z0-9-]{1,40}")
_GROUP: Final = re.compile(r"[ -~]{1,200}")


class StreamRefused(DojoError):
    """A stream can't be created like this. The message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Description:
    """What to read. ``topics`` are Kafka topics, or the name of one Kinesis stream."""

    kind: str
    topics: tuple[str, ...]
    group: str = GROUP
    servers: str = ""
    region: str = ""
    endpoint_url: str = ""
    start: str = Stream.Start.EARLIEST

    def checked(self) -> Description:
        """The normalized description. Raises StreamRefused."""
        is_kafka = self.kind == StreamKind.KAFKA
        servers = ",".join(one.strip() for one in self.servers.split(",") if one.strip())
        topics = tuple(dict.fromkeys(name.strip() for name in self.topics if name.strip()))
        if is_kafka and not (servers and all(map(_SERVER.fullmatch, servers.split(",")))):
            raise StreamRefused("Enter the servers as HOST:PORT, separated by commas.")
        if not topics:
            raise StreamRefused("Enter at least one topic." if is_kafka else "Enter the name of the stream.")
        for name in topics:
            if not (_TOPIC if is_kafka else _STREAM).fullmatch(name):
                raise StreamRefused(f'"{name[:300]}" is not a name that {StreamKind(self.kind).label} allows.')
        if not _GROUP.fullmatch(self.group.strip()):
            raise StreamRefused("Enter a group of at most 200 plain characters.")
        if self.region and not _REGION.fullmatch(self.region):
            raise StreamRefused("Enter a region such as eu-central-1.")
        return Description(
            self.kind, topics, self.group.strip(), servers, self.region, self.endpoint_url.strip(), self.start
        )

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of a Stream that describe what is read."""
        return {
            "kind": self.kind,
            "topics": list(self.topics),
            "group": self.group,
            "servers": self.servers,
            "region": self.region,
            "endpoint_url": self.endpoint_url,
        }

    @property
    def name(self) -> str:
        """The default name of the connection."""
        return f"{StreamKind(self.kind).label} {', '.join(self.topics)}"[:100]


def create(
    environment: Environment,
    description: Description,
    *,
    source: str = "",
    name: str = "",
    is_kept: bool = True,
    user: User | None = None,
) -> Connection:
    """Create a connection that reads a stream. Raises StreamRefused, also if a kept one already reads the same."""
    asked = description.checked()
    if is_kept:
        _require_allowed(asked)
    with transaction.atomic():
        if is_kept and _same(environment, asked).filter(stream__is_kept=True).exists():
            raise StreamRefused(f"A connection of {environment.name} already reads this with the group {asked.group}.")
        connection = Connection.objects.create(
            environment=environment,
            source=source,
            name=name or asked.name,
            digest=digest_of(secrets.token_urlsafe(30)),  # of a URL that is never shown
            created_by=user,
        )
        Stream.objects.create(connection=connection, start=asked.start, is_kept=is_kept, **asked.columns)
        audit.note(
            Action.CONNECTION_CREATED,
            by=user,
            environment=environment,
            object=f"connection {connection}",
            details={"stream": asked.kind, "topics": ", ".join(asked.topics), "group": asked.group},
        )
    return connection


def _require_allowed(asked: Description) -> None:
    """Accept only servers from the setting, if it's set: the log-in in the settings is sent to any server accepted."""
    known = {one.strip() for one in settings.KAFKA_SERVERS.split(",") if one.strip()}
    if known and asked.kind == StreamKind.KAFKA and not known.issuperset(asked.servers.split(",")):
        raise StreamRefused(f"This Dojo reads only from {', '.join(sorted(known))} (KAFKA_SERVERS).")


def find_or_create(environment: Environment, description: Description, *, source: str = "") -> Connection:
    """The connection for a command: the same one for the same description. Raises StreamRefused."""
    asked = description.checked()
    found = _same(environment, asked).filter(source=source).order_by("stream__is_kept", "pk").first()
    return found or create(environment, asked, source=source, is_kept=False)


def _same(environment: Environment, asked: Description) -> Any:
    same = {f"stream__{name}": value for name, value in asked.columns.items()}
    return Connection.objects.filter(environment=environment, **same).select_related("environment", "stream")
