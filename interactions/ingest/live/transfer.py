"""Move what waits in the inbox into the lake, in groups, exactly once.

A group of entries is claimed by a batch, which names them. The batch's id is the version of the table's mark
"inbox", written by the same commit that adds the rows; so whoever finds a batch, after whatever crash, sees by the
mark whether its rows are in the table already, and only then removes batch and entries.
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
from interactions.ingest.duplicates.index import Index
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

logger = logging.getLogger(__name__)

MARK = "inbox"
_RECORDS = 50_000  # in a batch, and
_BYTES = 32 << 20  # of text: they bound the memory; a single call may be larger
_ENTRIES = 5_000
_AT_ONCE = 250  # entries that are read, or removed, by one statement
_LOCK_SECONDS = 10  # live records must not wait for long because a process was killed


def append(environment: Environment, alive: Callable[[], object] = lambda: None) -> int:
    """Append all that waits in the inbox of one environment; answers how many records came into the table.

    What comes in meanwhile is left to the next append, which costs the same for one record and for a thousand. A batch
    that somebody left open goes first. Raises LakeBusy where the write lock cannot be had or was lost: what is not
    appended yet waits. ``alive`` is called now and then, where it takes longer.
    """
    if not _waits(environment):
        return 0
    lake = Lake(environment.slug)
    added = 0
    with lake.lock(_LOCK_SECONDS, alive) as held:
        sweep(_prefix(environment.pk))  # parts of processes that were killed: the lock says that none is at work
        last = _last(environment)
        while (batch := _open_batch(environment) or _claim(environment, lake, last)) is not None:
            added += _carry(batch, lake, held, alive)
            alive()
    return added


def _waits(environment: Environment) -> bool:
    return _waiting(environment).exists() or InboxBatch.objects.filter(environment=environment).exists()


def _waiting(environment: Environment) -> QuerySet[InboxEntry]:
    """The entries that wait: not those that were set aside."""
    return InboxEntry.objects.filter(environment=environment, problem="")


def _open_batch(environment: Environment) -> InboxBatch | None:
    return InboxBatch.objects.filter(environment=environment).order_by("pk").first()


def _last(environment: Environment) -> int:
    """The newest entry that is there now."""
    return _waiting(environment).aggregate(last=Max("pk"))["last"] or 0


def _claim(environment: Environment, lake: Lake, last: int) -> InboxBatch | None:
    """A batch of what waits up to the entry ``last``, where no batch is open. Raises LakeBusy where there is one."""
    chosen = _chosen(environment, last)
    if not chosen:
        return None
    marked, runs = lake.marked(MARK), _runs(chosen)
    try:
        with turn(), transaction.atomic():
            batch = InboxBatch.objects.create(environment=environment, runs=runs)
            if batch.pk <= marked:  # a database younger than the table: its numbers must not pass for done
                batch.delete()
                batch = InboxBatch.objects.create(pk=marked + 1, environment=environment, runs=runs)
    except IntegrityError as error:
        raise LakeBusy(f"Somebody else moves the inbox of {environment.slug}: the write lock was lost.") from error
    return batch


def _chosen(environment: Environment, last: int) -> list[int]:
    """The ids of the oldest entries up to ``last``, as many as one batch may hold."""
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
    """First and last of each run of ``ids``, which rise. Whatever was not seen ends one: it may yet be committed."""
    runs: list[tuple[int, int]] = []
    for pk in ids:
        if runs and pk == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], pk)
        else:
            runs.append((pk, pk))
    return runs


def _carry(batch: InboxBatch, lake: Lake, held: Held, alive: Callable[[], object]) -> int:
    """Bring one batch to its end, from wherever it stands; answers how many of its records are new."""
    added = 0
    if lake.marked(MARK) < batch.pk:
        added = _append(batch, lake, held, alive)
    _remove(batch)
    return added


def _remove(batch: InboxBatch) -> None:
    """Remove a batch whose records are in the table. Its entries go some at a time: calls wait meanwhile.

    The newest go with the batch, so that no entry gets an id that an open batch names.
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
    """Append a batch's records; those that cannot be moved, whatever the reason in them, are set aside."""
    waiting = list(_calls(batch))
    while waiting:
        try:
            return _append_all(batch, [each.call for each in waiting], lake, held, alive)
        except (LakeBusy, LakeUnreadable, OSError, MemoryError, DatabaseError):
            raise  # of the machine, not of the records: they can be moved later
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
    there = Index(lake.environment).refresh(*lake.state(), alive)
    table = to_rows(calls, identity.keyring())
    numbers = np.repeat(np.arange(len(calls)), [each.records for each in calls])
    gone = refused(batch.environment_id).mask(table)
    sifted = sift(table.filter(pa.array(~gone)), numbers[~gone], there)
    if sifted.left_out.num_rows:
        Overlaps(lake.environment).add_live(batch.pk, sifted.left_out)
    if sifted.known or gone.any():
        logger.info(
            "Of %s records for %s, %s were there already and %s are of people who were erased",
            *(table.num_rows, lake.environment, sifted.known, np.count_nonzero(gone)),
        )
    part = _write(batch, sifted.new)
    if part is None:
        return 0
    try:
        held.require()  # else somebody else may be carrying this batch, or the same records in an import
        lake.append([part], mark=MARK, version=batch.pk, import_id=0)
    finally:
        part.path.unlink(missing_ok=True)
    return part.rows


def _try(batch: InboxBatch, calls: Sequence[Kept]) -> None:
    """Make a part of the calls for nothing but to see whether it can be done."""
    part = _write(batch, to_rows(calls, identity.keyring()))
    if part is not None:
        statistics(Span(part.rows, part.first, part.last), 0)
        part.path.unlink()


def _write(batch: InboxBatch, table: pa.Table) -> Part | None:
    """The rows as a part beside the table; None where there are none."""
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
