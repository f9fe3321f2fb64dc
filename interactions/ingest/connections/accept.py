"""Store what arrived at a connection: its records and its counts in one transaction of the inbox."""

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
    """When it returns, records and counts survive whatever happens. Raises django.db.Error: then nothing was stored.

    ``erased`` are all who were ever to be erased: no event that names them is kept as an example. What ``also`` writes
    is in the same transaction, which doesn't happen where it raises a django.db.Error.
    """
    arrived.unstored = list(_without(arrived.unstored, erased))
    beside = live.Beside(connection.pk, partial(_write, connection.pk, at, arrived, also))
    live.accept(connection.environment_id, at, arrived.records, arrived.text, beside=beside)


def _write(connection_id: int, at: datetime, arrived: Arrived, also: Callable[[], None]) -> None:
    tally(connection_id, at, arrived)
    also()


def keep_unstored(connection: Connection, at: datetime, arrived: Arrived, erased: Tombstones) -> None:
    """Keep examples of what is skipped and refused of events that come by another way, where they are counted."""
    arrived.unstored = list(_without(arrived.unstored, erased))
    with transaction.atomic():
        if Connection.objects.filter(pk=connection.pk).update(last_event_at=at):
            keep_examples(connection.pk, at, arrived)


def _without(events: Iterable[Unstored], erased: Tombstones) -> Iterable[Unstored]:
    if not len(erased):
        return events
    keyring = identity.keyring()
    return (each for each in events if not names_any(each.text.decode(errors="replace"), erased, keyring))
