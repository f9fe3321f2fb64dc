"""The states of an export and the steps between them. Each step is a short transaction that takes effect once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from interactions.access import audit
from interactions.analytics.filters import Filter
from interactions.analytics.periods import ALL
from interactions.disk import PAUSED
from interactions.errors import DojoError
from interactions.exports import storage
from interactions.exports.filters import stored
from interactions.ingest.imports.queue import enqueue
from interactions.ingest.imports.storage import free_bytes
from interactions.models import Environment, Export

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)
State = Export.State

AT_ONCE: Final = 50_000  # records that are streamed to the browser; more are written by a worker
ATTEMPTS: Final = 3
_MORE: Final = 4 << 20  # free bytes needed beyond what was written when the disk was full
_RUNNING: Final = (State.WAITING, State.WRITING)
_ALIVE: Final = (*_RUNNING, State.DONE)
_ERASED: Final = "People were erased after the export started, so the file was removed. Export again."


class ExportStateError(DojoError):
    """The state of the export doesn't allow this."""


def begin(environment: Environment, filter: Filter, form: str, *, records: int, user: User | None) -> Export:
    """Start an export of the records of ``filter``, of which ``records`` were counted, in an Export.Format."""
    with transaction.atomic():
        export = Export.objects.create(
            environment=environment,
            created_by=user,
            format=form,
            filter=stored(filter),
            narrowed_by=", ".join(narrowed_by(filter)),
            records_total=records,
        )
        _note(export, "started", records)
        enqueue("write_export", export.pk)
    return export


def at_once(environment: Environment, filter: Filter, form: str, *, records: int) -> None:
    """Log that records were streamed to the browser."""
    details = {"format": form, "records": records, "filtered by": ", ".join(narrowed_by(filter)) or "nothing"}
    audit.note(audit.Action.EXPORTED, environment=environment, details=details)


def taken(export: Export) -> None:
    """Log a download of the file."""
    _note(export, "downloaded", export.records)


def cancel(export: Export) -> None:
    """Cancel an export, or remove its file early. Raises ExportStateError if it has ended otherwise."""
    running = Export.objects.filter(pk=export.pk, state__in=_ALIVE)
    if not running.update(state=State.CANCELLED, filter="", finished_at=timezone.now()):
        raise ExportStateError("This export has already ended.")
    storage.remove(export)


def narrowed_by(filter: Filter) -> list[str]:
    """The names of the fields in ``filter``, for display; never their values."""
    given = [name for name in ("period", "groups", "types") if getattr(filter, name) not in ((), ALL)]
    given += ["cohorts"] if filter.all_cohorts else []
    given += [condition.field for condition in filter.all_conditions]
    words = (name.removesuffix("_id").removesuffix("_key").removeprefix("is_").replace("_", " ") for name in given)
    return list(dict.fromkeys(words))


def sweep() -> None:
    """Requeue exports that are stuck, and remove expired files."""
    quiet = timezone.now() - timedelta(seconds=settings.IMPORT_STALE_SECONDS)
    silent = Q(heartbeat_at__lt=quiet) | Q(heartbeat_at=None, created_at__lt=quiet)
    for export in Export.objects.filter(silent, state__in=_RUNNING):
        if export.error == PAUSED and free_bytes() <= export.size + _MORE:
            continue  # or it would fill the disk again up to the same point
        if export.attempts < ATTEMPTS:
            enqueue("write_export", export.pk)
        else:
            fail(export, "The worker died each time it wrote this file. Export again.")
    for export in Export.objects.filter(state=State.DONE, expires_at__lte=timezone.now()):
        sentence = f"The file was kept for {settings.EXPORT_EXPIRES_HOURS} hours."
        end(Export.objects.filter(pk=export.pk), state=State.REMOVED, error=sentence)
        storage.remove(export)
    ended = Export.objects.filter(pk__in=storage.kept()).exclude(state__in=_ALIVE)
    for export in ended:  # left by a stopped task
        storage.remove(export)


def fail(export: Export, sentence: str) -> None:
    if end(Export.objects.filter(pk=export.pk, state__in=_RUNNING), state=State.FAILED, error=sentence):
        storage.remove(export)


def end(exports: QuerySet[Export], **values: object) -> int:
    """End exports, and clear their filters, which may be personal and aren't needed any more."""
    return exports.update(filter="", **{"finished_at": timezone.now(), **values})


def _note(export: Export, step: str, records: int) -> None:
    audit.note(
        audit.Action.EXPORTED,
        environment=export.environment,
        object=f"export {export.pk}",
        details={
            "step": step,
            "format": export.get_format_display(),
            "records": records,
            "filtered by": export.narrowed_by or "nothing",
        },
        shared=audit.shared_by("export", export.pk),
    )


def count_before(environment: Environment, moment: datetime) -> int:
    """The number of exports started up to ``moment`` that have a file or are still running."""
    begun = Export.objects.filter(environment=environment, created_at__lte=moment)
    with_file = begun.filter(pk__in=storage.kept()).values_list("pk", flat=True)
    alive = begun.filter(state__in=_ALIVE).values_list("pk", flat=True)
    return len({*with_file, *alive})


def forget_before(environment: Environment, moment: datetime) -> None:
    """Remove those exports. A task that is writing one finds its row changed and stops."""
    begun = Export.objects.filter(environment=environment, created_at__lte=moment)
    end(begun.filter(state__in=_ALIVE), state=State.REMOVED, error=_ERASED)
    for export in begun.filter(pk__in=storage.kept()):
        storage.remove(export)
