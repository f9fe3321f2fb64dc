"""Log log-ins, log-outs and changes in Django's admin, by Django's signals."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest

from interactions.access.audit.write import Action, note
from interactions.access.members import throttle

_DID = {ADDITION: "added", CHANGE: "changed"}


@receiver(user_logged_in)
def _logged_in(user: User, request: HttpRequest | None = None, **_: Any) -> None:
    if request is not None:
        throttle.succeeded(request, user.get_username())
    note(Action.LOG_IN, by=user)


@receiver(user_logged_out)
def _logged_out(user: User | None, **_: Any) -> None:
    if user is not None:
        note(Action.LOG_OUT, by=user)


@receiver(user_login_failed)
def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """The user name is logged only if it exists: else it may be a password typed into the wrong field.

    Attempts that are refused after too many failures aren't logged, so that they can't flood the log.
    """
    name = str(credentials.get("username") or "")
    failure = throttle.failed(request, name) if request is not None and name else throttle.Failure()
    if failure.is_over:
        return
    known = User.objects.filter(username=name).exists()
    details = {"refused_for": f"{throttle.MINUTES} minutes"} if failure.refuses else {}
    note(Action.LOG_IN_FAILED, object=f"log-in of {name}" if known else "", details=details)


@receiver(post_save, sender=LogEntry)
def _changed_in_admin(instance: LogEntry, **_: Any) -> None:
    kind = instance.content_type.name if instance.content_type else "row"
    did = _DID.get(instance.action_flag, "deleted")
    note(Action.ADMIN_CHANGED, by=instance.user, object=f"{kind} {instance.object_repr}", details={"what": did})
