"""Set aside records that can't be moved into the lake, so that they never block later ones.

All accepted records should be movable. If some aren't, that's a bug in Dojo: they stay in the inbox, marked with the
reason, are shown in the log and on the Live page, and are retried when Dojo is restarted.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec
from django.db import transaction
from django.db.models import Count, Max, Min, Sum
from django.utils import timezone

from interactions.codec.rulebook import Violation
from interactions.disk import is_full
from interactions.ingest.live import calls as ring
from interactions.ingest.live.calls import Delivery
from interactions.ingest.live.rows import Kept
from interactions.ingest.live.turns import turn
from interactions.models import Environment, InboxEntry
from interactions.models.packed import pack, unpack

logger = logging.getLogger(__name__)

RULE = "Dojo couldn't move this record into the data set. It stays in the inbox."
_pieces = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call waiting in the inbox, and the id of its entry."""

    entry: int
    call: Kept


@dataclass(frozen=True, slots=True)
class Aside:
    """Records set aside for one reason, and the times of the first and last of their calls (UTC)."""

    reason: str
    records: int
    calls: int
    first: datetime
    last: datetime


def aside(environment: Environment) -> list[Aside]:
    """The records set aside in an environment, by reason, latest first."""
    rows = InboxEntry.objects.filter(environment=environment).exclude(problem="").values("problem").order_by()
    found = rows.annotate(
        sum=Sum("records"), calls=Count("pk"), first=Min("received_at"), last=Max("received_at")
    ).order_by("-last")
    return [Aside(row["problem"], row["sum"], row["calls"], row["first"], row["last"]) for row in found]


def try_again() -> int:
    """Requeue everything that was set aside, as a newer Dojo may be able to move it; returns the number of calls."""
    return InboxEntry.objects.exclude(problem="").update(problem="")


def unfit(waiting: Sequence[Waiting], make: Callable[[Sequence[Kept]], object]) -> list[tuple[Waiting, Exception]]:
    """The calls, or single records of calls, for which ``make`` fails, with the errors.

    ``make`` is called with calls, and must only fail because of their content. A call that can't be split into records
    is returned whole. The number of tries per failing record is logarithmic in the number of records.
    """
    try:
        make([each.call for each in waiting])
    except Exception as error:
        if is_full(error):  # not because of the records
            raise
        halves = _halves(waiting)
        return [found for half in halves for found in unfit(half, make)] if halves else [(waiting[0], error)]
    return []


def _halves(waiting: Sequence[Waiting]) -> list[Sequence[Waiting]]:
    if len(waiting) == 1:
        waiting = list(_records(waiting[0]))
    middle = len(waiting) // 2
    return [waiting[:middle], waiting[middle:]] if middle else []


def _records(waiting: Waiting) -> Iterator[Waiting]:
    """Each record of a call as a call of its own; the call itself if it can't be split."""
    try:
        pieces = _pieces.decode(b"[" + waiting.call.text + b"]")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pieces = []
    if len(pieces) != waiting.call.records:
        yield waiting
        return
    for piece in pieces:
        yield Waiting(waiting.entry, replace(waiting.call, text=bytes(piece), records=1))


def set_aside(environment: Environment, found: Sequence[tuple[Waiting, Exception]]) -> None:
    """Move failing records into separate entries that don't wait. All or nothing.

    The log names calls by number, not their content.
    """
    unfit_of: dict[int, list[tuple[Waiting, Exception]]] = {}
    for waiting, error in found:
        unfit_of.setdefault(waiting.entry, []).append((waiting, error))
    with turn(), transaction.atomic():
        for pk, of_entry in unfit_of.items():
            _part(environment, InboxEntry.objects.get(pk=pk), of_entry)
    _tell(environment, found)


def _part(environment: Environment, entry: InboxEntry, found: Sequence[tuple[Waiting, Exception]]) -> None:
    for waiting, error in found:
        kept = InboxEntry.objects.create(
            environment=environment,
            received_at=waiting.call.received_at,
            records=waiting.call.records,
            text=pack(waiting.call.text),
            problem=_reason(error),
        )
        logger.error(
            "%s of the records for %s that came at %s cannot be moved and are set aside as entry %s of the inbox: %s",
            *(waiting.call.records, environment.slug, waiting.call.received_at.isoformat(), kept.pk, _reason(error)),
        )
    gone = {waiting.call.text for waiting, _ in found}
    left = entry.records - sum(waiting.call.records for waiting, _ in found)
    pieces = _pieces.decode(b"[" + unpack(entry.text) + b"]") if left else []
    entry.text = pack(b",".join(bytes(piece) for piece in pieces if bytes(piece) not in gone))
    entry.records = left
    entry.save(update_fields=["text", "records"])


def _reason(error: Exception) -> str:
    """What went wrong and where, without the error's message, which may quote a record."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"


def _tell(environment: Environment, found: Sequence[tuple[Waiting, Exception]]) -> None:
    """Show it on the Live page as a call by Dojo itself."""
    records = sum(waiting.call.records for waiting, _ in found)
    body = b'{"data":[' + b",".join(waiting.call.text for waiting, _ in found) + b"]}"
    ring.push(
        [
            Delivery(
                environment=environment.slug,
                at=timezone.now(),
                client="Dojo",
                key_name="Inbox",
                key_prefix="",
                method="POST",
                path="/v1/interactions",
                records=records,
                status=500,
                milliseconds=0.0,
                reason=RULE,
                lines=[Violation("", RULE).line(index) for index in range(min(records, ring.MOST_LINES))],
                body=body[: ring.BODY_BYTES],
                size=len(body),
                is_aside=True,
            )
        ]
    )
