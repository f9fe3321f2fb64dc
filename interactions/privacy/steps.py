"""Record the steps of a deletion request: with the request, for its receipt, and in the activity log."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.models import User

from interactions.access import audit
from interactions.access.audit import Action
from interactions.access.keys import Caller
from interactions.errors import DojoError
from interactions.models import DeletionRequest, DeletionStep

_ACTIONS: Final = {
    "received": Action.DELETION_RECEIVED,
    "hidden": Action.DELETION_HIDDEN,
    "approved": Action.DELETION_APPROVED,
    "erasing": Action.DELETION_ERASING,
    "verified": Action.DELETION_VERIFIED,
    "failed": Action.DELETION_FAILED,
    "retried": Action.DELETION_RETRIED,
    "cancelled": Action.DELETION_CANCELLED,
}

By = User | Caller | str | None


class RequestStateError(DojoError):
    """The state of the deletion request doesn't allow this."""


def note(request: DeletionRequest, word: str, *, by: By = None, **details: Any) -> None:
    """Record a step.

    ``by`` defaults to the current actor (see audit.acting), or Dojo itself. ``details`` must not name people.
    """
    entry = audit.note(
        _ACTIONS[word],
        by=by,
        environment=request.environment,
        object=f"deletion request {request.pk}",
        details=details,
        shared=audit.shared_by("deletion request", request.pk),
    )
    user = by if isinstance(by, User) else None
    name = entry.actor or {"command": "Command line", "user": "", "key": "", "system": ""}[entry.actor_kind]
    DeletionStep.objects.create(request=request, word=word, by=name, user=user)
