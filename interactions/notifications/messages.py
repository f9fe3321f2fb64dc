"""Messages about imports, deletion requests and scheduled exports. They have numbers and row ids only, no names."""

from __future__ import annotations

from django.utils import timezone

from interactions.models import DeletionRequest, Import, NotificationRules, ScheduledRun
from interactions.notifications.events import NotifiedEvent
from interactions.notifications.tell import is_told, tell


def import_finished(imp: Import, occurrence: int, *, accepted: int, rejected: int, duplicates: int) -> None:
    """An import is done. ``occurrence`` is the id of its entry in the activity log."""
    environment = imp.environment
    path = _import_path(imp)
    said = (
        f"{accepted:,} records were added to {environment.name}, {rejected:,} were rejected, "
        f"and {duplicates:,} were duplicates."
    )
    details = {"import": imp.pk, "accepted": accepted, "rejected": rejected, "duplicates": duplicates}
    tell(
        NotifiedEvent.IMPORT_FINISHED,
        environment,
        key=f"import_finished:{imp.pk}:{occurrence}",
        title=f"Import {imp.pk} finished in {environment.name}",
        text=said,
        path=path,
        details=details,
    )
    total = accepted + rejected + duplicates
    limit = rules_of(environment.pk).refused_percent
    if rejected and rejected * 100 > limit * total:
        tell(
            NotifiedEvent.MANY_REFUSED,
            environment,
            key=f"many_refused:import:{imp.pk}:{occurrence}",
            title=f"{rejected / total:.1%} of import {imp.pk} was rejected in {environment.name}",
            text=f"{rejected:,} of {total:,} records were rejected. The import's page lists the causes.",
            path=path,
            details={**details, "limit_percent": limit},
        )


def import_failed(imp: Import, occurrence: int) -> None:
    """An import failed or was refused. The page says why: the reason may quote the file."""
    tell(
        NotifiedEvent.IMPORT_FAILED,
        imp.environment,
        key=f"import_failed:{imp.pk}:{occurrence}",
        title=f"Import {imp.pk} failed in {imp.environment.name}",
        text="No records were added. The import's page says why and what to do.",
        path=_import_path(imp),
        details={"import": imp.pk},
    )


def deletion_verified(request: DeletionRequest) -> None:
    """The people of a request are erased, and every store was counted again."""
    environment = request.environment
    tell(
        NotifiedEvent.DELETION_VERIFIED,
        environment,
        key=f"deletion_verified:{request.pk}",
        title=f"Deletion request {request.pk} is verified in {environment.name}",
        text=f"{request.erased:,} records were erased. Every store was counted again, and nothing is left.",
        path=request_path(request),
        details={"request": request.pk, "records": request.erased},
    )


def deletion_due(request: DeletionRequest) -> None:
    """The deadline of an open request is near, or has passed: one notification for each."""
    environment, now = request.environment, timezone.now()
    is_over = request.due_at <= now
    key = f"deletion_{'overdue' if is_over else 'due'}:{request.pk}"
    if is_told(key):
        return  # nearly always, and it needs no write lock
    day = request.due_at.astimezone(environment.zone)
    when = f"{day:%b} {day.day}, {day.year}"
    tell(
        NotifiedEvent.DELETION_DUE,
        environment,
        key=key,
        title=f"Deletion request {request.pk} {'is overdue' if is_over else 'is due soon'} in {environment.name}",
        text=f"It {'was' if is_over else 'is'} due on {when} and is {request.get_state_display().lower()}.",
        path=request_path(request),
        details={"request": request.pk, "due_at": request.due_at.isoformat(), "is_overdue": is_over},
    )


def export_failed(run: ScheduledRun) -> None:
    """A run of a schedule failed for the first time; one notification per run."""
    schedule = run.schedule
    environment = schedule.environment
    tell(
        NotifiedEvent.EXPORT_FAILED,
        environment,
        key=f"export_failed:{run.pk}",
        title=f"A scheduled export failed in {environment.name}",
        text=f"Run {run.pk} of {schedule.name} couldn't write its files. Dojo tries again until it succeeds.",
        path=f"/{environment.slug}/interactions/exports/schedules/{schedule.pk}/",
        details={"schedule": schedule.pk, "run": run.pk},
    )


def rules_of(environment_id: int) -> NotificationRules:
    """The environment's rules, or the default ones, unsaved."""
    found = NotificationRules.objects.filter(environment_id=environment_id).first()
    return found or NotificationRules(environment_id=environment_id)


def request_path(request: DeletionRequest) -> str:
    return f"/{request.environment.slug}/privacy/requests/{request.pk}/"


def _import_path(imp: Import) -> str:
    return f"/{imp.environment.slug}/interactions/imports/{imp.pk}/"
