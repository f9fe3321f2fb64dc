"""Count the events of a connection, and keep the last ones that were skipped or refused.

This runs in the transaction that stores the call's records, so counts and records always agree.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection as database
from django.db.models import QuerySet

from interactions.ingest.connections.read import Arrived, Unstored
from interactions.models import Connection, EventCount, KeptEvent

MOST_NAMES = 200  # counted separately, because senders choose the names
OTHER_NAMES = "(other events)"
LONGEST_TEXT = 16 << 10  # bytes kept of an event
KEPT_OF_A_NAME = 3  # events kept per name and outcome, except refused messages of streams
MOST_KEPT = 200  # events kept per connection

_COUNT = (
    f"INSERT INTO {EventCount._meta.db_table} (connection_id, name, interactions, skipped, refused, last_at)"  # noqa: S608 - our own name
    " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (connection_id, name) DO UPDATE SET"
    f" interactions = {EventCount._meta.db_table}.interactions + excluded.interactions,"
    f" skipped = {EventCount._meta.db_table}.skipped + excluded.skipped,"
    f" refused = {EventCount._meta.db_table}.refused + excluded.refused, last_at = excluded.last_at"
)


def tally(connection_id: int, at: datetime, arrived: Arrived) -> None:
    """Add a call's counts and examples. Does nothing if the connection was removed meanwhile."""
    if not Connection.objects.filter(pk=connection_id).update(last_event_at=at):
        return
    _count(connection_id, at, arrived)
    keep_examples(connection_id, at, arrived)


def _count(connection_id: int, at: datetime, arrived: Arrived) -> None:
    known = set(EventCount.objects.filter(connection=connection_id).values_list("name", flat=True))
    sums: dict[str, list[int]] = {}
    for said, count in arrived.counts.items():
        name = _plain(said, 200)
        if name not in known and len(known) >= MOST_NAMES:
            name = OTHER_NAMES
        known.add(name)
        row = sums.setdefault(name, [0, 0, 0])
        row[:] = [row[0] + count.interactions, row[1] + count.skipped, row[2] + count.refused]
    moment = database.ops.adapt_datetimefield_value(at)
    with database.cursor() as cursor:
        cursor.executemany(_COUNT, [(connection_id, name, *row, moment) for name, row in sorted(sums.items())])


def count_again(row: EventCount, name: str) -> None:
    """Count a row's events under another name."""
    moment = database.ops.adapt_datetimefield_value(row.last_at)
    with database.cursor() as cursor:
        cursor.execute(_COUNT, (row.connection_id, name, row.interactions, row.skipped, row.refused, moment))
    EventCount.objects.filter(pk=row.pk).delete()


def keep_examples(connection_id: int, at: datetime, arrived: Arrived) -> None:
    """Keep an example of each name and reason, and every refused message of a stream, and delete older ones."""
    if not arrived.unstored:
        return
    firsts = {_kin(each): each for each in reversed(arrived.unstored)}
    rows = [_row(connection_id, at, each) for each in list(firsts.values())[:MOST_KEPT]]
    KeptEvent.objects.bulk_create(rows)
    mine = KeptEvent.objects.filter(connection=connection_id)
    for name, outcome in {(row.name, row.outcome) for row in rows if not _is_listed(row)}:
        newest = mine.filter(name=name, outcome=outcome).order_by("-id").values_list("id", flat=True)
        _let_go(mine.filter(name=name, outcome=outcome), list(newest[:KEPT_OF_A_NAME]))
    newest = mine.order_by("-id").values_list("id", flat=True)
    _let_go(mine, list(newest[:MOST_KEPT]))


def _is_listed(event: Unstored | KeptEvent) -> bool:
    """Whether it's a refused message of a stream, each of which is kept."""
    return bool(event.place) and event.outcome == KeptEvent.Outcome.REFUSED


def _kin(event: Unstored) -> tuple[str, ...]:
    return (event.name, event.outcome, event.reason, event.place if _is_listed(event) else "")


def _let_go(rows: QuerySet[KeptEvent], newest: list[int]) -> None:
    rows.filter(id__lt=min(newest)).delete()


def _row(connection_id: int, at: datetime, each: Unstored) -> KeptEvent:
    return KeptEvent(
        connection_id=connection_id,
        at=at,
        name=_plain(each.name, 200),
        outcome=each.outcome,
        reason=_plain(each.reason, 1000),
        place=_plain(each.place, 500),
        text=_plain(each.text[:LONGEST_TEXT].decode(errors="replace"), LONGEST_TEXT),
        size=len(each.text),
    )


def _plain(text: str, longest: int) -> str:
    """A text that every database accepts."""
    return text.replace("\x00", "␀").encode(errors="replace").decode()[:longest]
