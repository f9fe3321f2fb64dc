"""Store the records and counts of a connection's call in one transaction of the inbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from django.db import transaction

from interactions import identity
from interactions.contract.tombstones import Tombstones
from interactions.ingest import live
from interactions.ingest.connections.kept import names_any
from interactions.ingest.connections.read import Arrived, Unstored
from interactions.ingest.connections.tally import keep_examples, tally
from interactions.models import Connection


def accept(
    connection: Connection,
    at: datetime,
    arrived: Arrived,
    erased: Tombstones,
    *,
    also: Callable[[], None] = lambda: None,
) -> None:
    """Store a call. When it returns, records and counts are durable. Raises django.db.Error if nothing was stored.

    ``erased`` are all people ever erased: events that name them aren't kept as examples. ``also`` is called in the same
    transaction, which is rolled back if it raises django.db.Error.
    """
    arrived.unstored = list(_without(arrived.unstored, erased))
    beside = live.Beside(connection.pk, partial(_write, connection.pk, at, arrived, also))
    live.accept(connection.environment_id, at, arrived.records, arrived.text, beside=beside)


def _write(connection_id: int, at: datetime, arrived: Arrived, also: Callable[[], None]) -> None:
    tally(connection_id, at, arrived)
    also()


def keep_unstored(connection: Connection, at: datetime, arrived: Arrived, erased: Tombstones) -> None:
    """Keep examples of skipped and refused events from imports, which count events themselves."""
    arrived.unstored = list(_without(arrived.unstored, erased))
    with transaction.atomic():
        if Connection.objects.filter(pk=connection.pk).update(last_event_at=at):
            keep_examples(connection.pk, at, arrived)


def _without(events: Iterable[Unstored], erased: Tombstones) -> Iterable[Unstored]:
    if not len(erased):
        return events
    keyring = identity.keyring()
    return (each for each in events if not names_any(each.text.decode(errors="replace"), erased, keyring))
