"""Both ways in, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from interactions import identity, privacy
from interactions.ingest import imports, live
from interactions.models import Environment, Import, InboxEntry
from tests.ingest.imports.files import Record, as_lines
from tests.ingest.imports.house import House, rows

NOON = datetime(2024, 3, 2, 12, tzinfo=UTC)


def send(*calls: Sequence[Record], at: datetime = NOON) -> None:
    """Accept calls and move them into the data set in one batch."""
    environment = Environment.objects.get(slug="production")
    for records in calls:
        text = ",".join(map(json.dumps, records)).encode()
        InboxEntry.objects.create(environment=environment, received_at=at, records=len(records), text=text)
    live.append(environment)


def later(**ago: float) -> datetime:
    return NOON + timedelta(**ago)


def undo(house: House, imp: Import) -> None:
    house.ask(imports.undo, imp)
    house.carried(imp)


def erase(house: House, user: str) -> None:
    house.ask(privacy.request, Environment.objects.get(slug="production"), [user])
    house.carry()


def load(house: House, *records: Record) -> Import:
    return house.done(as_lines(records))


def there() -> list[tuple[str | None, str | None]]:
    """The user and the visitor of each record in the data set."""
    return sorted(((row["user_id"], row["anonymous_id"]) for row in rows()), key=str)


def keys(user: str, visitor: str) -> list[int]:
    """What a user and a visitor are named by."""
    return [identity.keyring().key(user), identity.keyring().key(visitor)]
