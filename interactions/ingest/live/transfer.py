"""Move waiting records from the inbox into the lake, in batches, exactly once.

A batch claims a group of entries. The commit that adds its rows also sets the table's mark "inbox" to the batch's id.
So after a crash, the mark tells whether an open batch's rows are in the table already; only then the batch and its
entries are removed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.db.models.functions import Length, Substr

from interactions import identity
from interactions.disk import is_full
from interactions.files import draft, sweep
from interactions.ingest.duplicates.calls import sift
from interactions.ingest.duplicates.index import FingerprintIndex
from interactions.ingest.live.aside import Waiting, set_aside, unfit
from interactions.ingest.live.rows import Kept, to_rows
from interactions.ingest.live.turns import turn
from interactions.models import Environment, InboxBatch, InboxEntry
from interactions.models.packed import HEAD, unpack, unpacked_size
from interactions.privacy import refused
from interactions.warehouse.lake import Held, Lake, LakeBusy, Part, part_of
from interactions.warehouse.log import LakeUnreadable
from interactions.warehouse.overlaps import Overlaps
from interactions.warehouse.parts import PartWriter
from interactions.warehouse.statistics import Span, statistics
from interactions.warehouse.steady import DataSetBusy, steady

logger = logging.getLogger(__name__)

MARK = "inbox"
_RECORDS = 50_000  # records in a batch, and
_BYTES = 32 << 20  # bytes of text, to limit memory; a single call may be larger
_ENTRIES = 5_000
_AT_ONCE = 250  # entries read or removed by one statement
_LOCK_SECONDS = 10  # short, so that live records don't wait long for the lock of a killed process


def append(environment: Environment, alive: Callable[[], object] = lambda: None) -> int:
    """Append all waiting records of an environment to the table; returns how many were added.

    Records that arrive meanwhile are left to the next call, which costs the same for one record and a thousand. A batch
    that was left open goes first. Raises LakeBusy if the write lock isn't available or was lost: remaining records keep
    waiting. ``alive`` is called regularly.
    """
    if not _waits(environment):
        return 0
    lake = Lake(environment.slug)
    added = 0
    with lake.lock(_LOCK_SECONDS, alive) as held:
        sweep(_prefix(environment.pk))  # parts of killed processes: under the lock, none can be running
        last = _last(environment)
        while (batch := _open_batch(environment) or _claim(environment, lake, last)) is not None:
            added += _carry(batch, lake, held, alive)
            alive()
    return added


def _waits(environment: Environment) -> bool:
    return _waiting(environment).exists() or InboxBatch.objects.filter(environment=environment).exists()


def _waiting(environment: Environment) -> QuerySet[InboxEntry]:
    """The waiting entries, without those that were set aside."""
    return InboxEntry.objects.filter(environment=environment, problem="")


def _open_batch(environment: Environment) -> InboxBatch | None:
    return InboxBatch.objects.filter(environment=environment).order_by("pk").first()


def _last(environment: Environment) -> int:
    """The id of the newest waiting entry."""
    return _waiting(environment).aggregate(last=Max("pk"))["last"] or 0


def _claim(environment: Environment, lake: Lake, last: int) -> InboxBatch | None:
    """Create a batch of entries up to ``last``. Raises LakeBusy if there is an open batch."""
    chosen = _chosen(environment, last)
    if not chosen:
        return None
    marked, runs = lake.marked(MARK), _runs(chosen)
    try:
        with turn(), transaction.atomic():
            batch = InboxBatch.objects.create(environment=environment, runs=runs)
            if batch.pk <= marked:  # the database is newer than the table: its ids must not count as done
                batch.delete()
                batch = InboxBatch.objects.create(pk=marked + 1, environment=environment, runs=runs)
    except IntegrityError as error:
        raise LakeBusy(f"Another process moves the inbox of {environment.slug}: the lock was lost.") from error
    return batch


def _chosen(environment: Environment, last: int) -> list[int]:
    """The ids of the oldest entries up to ``last`` that fit in one batch."""
    waiting = _waiting(environment).filter(pk__lte=last).order_by("pk")
    chosen: list[int] = []
    records = size = 0
    head = Substr("text", 1, HEAD)
    for pk, more, length, begin in waiting.values_list("pk", "records", Length("text"), head)[:_ENTRIES]:
        length = unpacked_size(begin, length)
        if chosen and (records + more > _RECORDS or size + length > _BYTES):
            break
        chosen.append(pk)
        records += more
        size += length
    return chosen


def _runs(ids: Sequence[int]) -> list[tuple[int, int]]:
    """Ranges (first, last) of consecutive ``ids``, which are sorted.

    A gap ends a range, as a missing id may still be committed.
    """
    runs: list[tuple[int, int]] = []
    for pk in ids:
        if runs and pk == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], pk)
        else:
            runs.append((pk, pk))
    return runs


def _carry(batch: InboxBatch, lake: Lake, held: Held, alive: Callable[[], object]) -> int:
    """Finish a batch from whatever state it's in; returns how many of its records were added."""
    added = 0
    if lake.marked(MARK) < batch.pk:
        added = _append(batch, lake, held, alive)
    _remove(batch)
    return added


def _remove(batch: InboxBatch) -> None:
    """Remove a batch whose records are in the table. Entries are removed in pieces, because calls wait meanwhile.

    The newest entries are removed with the batch, so that ids of an open batch aren't reused.
    """
    ids = batch.entry_ids
    while len(ids) > _AT_ONCE:
        with turn(), transaction.atomic():
            InboxEntry.objects.filter(pk__in=ids[:_AT_ONCE]).delete()
        ids = ids[_AT_ONCE:]
    with turn(), transaction.atomic():
        InboxEntry.objects.filter(pk__in=ids).delete()
        batch.delete()


def _append(batch: InboxBatch, lake: Lake, held: Held, alive: Callable[[], object]) -> int:
    """Append a batch's records, and set those aside that can't be moved because of their content."""
    waiting = list(_calls(batch))
    while waiting:
        try:
            return _append_all(batch, [each.call for each in waiting], lake, held, alive)
        except (LakeBusy, LakeUnreadable, DataSetBusy, OSError, MemoryError, DatabaseError):
            raise  # not because of the records: they can be moved later
        except Exception as error:
            if is_full(error):
                raise
            found = unfit(waiting, lambda calls: _try(batch, calls))
            if not found:
                raise
            set_aside(batch.environment, found)
        waiting = list(_calls(batch))
    return 0


def _append_all(batch: InboxBatch, calls: Sequence[Kept], lake: Lake, held: Held, alive: Callable[[], object]) -> int:
    index = FingerprintIndex(lake.environment)
    there = steady(lambda: index.refresh(*lake.state(), alive))  # an erasure may remove this node's copy of a part
    table = to_rows(calls, identity.keyring())
    numbers = np.repeat(np.arange(len(calls)), [each.records for each in calls])
    gone = refused(batch.environment_id).mask(table)
    sifted = sift(table.filter(pa.array(~gone)), numbers[~gone], there)
    if sifted.left_out.num_rows:
        Overlaps(lake.environment).add_live(batch.pk, sifted.left_out)
    if sifted.known or gone.any():
        logger.info(
            "Of %s records for %s, %s were duplicates, and %s were of people who were erased",
            *(table.num_rows, lake.environment, sifted.known, np.count_nonzero(gone)),
        )
    part = _write(batch, sifted.new)
    if part is None:
        return 0
    try:
        held.require()  # or another process may be moving this batch, or adding the same records by an import
        lake.append([part], mark=MARK, version=batch.pk, import_id=0)
    finally:
        part.path.unlink(missing_ok=True)
    return part.rows


def _try(batch: InboxBatch, calls: Sequence[Kept]) -> None:
    """Write a part of the calls and discard it, to see whether it works."""
    part = _write(batch, to_rows(calls, identity.keyring()))
    if part is not None:
        statistics(Span(part.rows, part.first, part.last), 0)
        part.path.unlink()


def _write(batch: InboxBatch, table: pa.Table) -> Part | None:
    """Write the rows as a part outside the table; None if there are none."""
    path = draft(f"{_prefix(batch.environment_id)}{batch.pk}-")
    with PartWriter(path) as writer:
        writer.add(table)
    return part_of(path, writer.written)


def _calls(batch: InboxBatch) -> Iterator[Waiting]:
    ids = batch.entry_ids
    for start in range(0, len(ids), _AT_ONCE):
        entries = InboxEntry.objects.filter(pk__in=ids[start : start + _AT_ONCE], records__gt=0).order_by("pk")
        for pk, text, records, received_at in entries.values_list("pk", "text", "records", "received_at"):
            yield Waiting(pk, Kept(unpack(text), records, received_at))


def _prefix(environment_id: int) -> str:
    return f"inbox-{environment_id}-"
