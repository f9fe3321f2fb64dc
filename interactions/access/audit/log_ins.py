"""Log log-ins, log-outs, second factors and changes in Django's admin, by signals."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_reset
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_save
from django.dispatch import receiver

from interactions.access.audit.write import Action, note

_DID = {ADDITION: "added", CHANGE: "changed"}


@receiver(user_logged_in)
def _logged_in(user: User, **_: Any) -> None:
    note(Action.LOG_IN, by=user)


@receiver(user_logged_out)
def _logged_out(user: User | None, **_: Any) -> None:
    if user is not None:
        note(Action.LOG_OUT, by=user)


@receiver(password_reset)
def _password_set(user: User, **_: Any) -> None:
    note(Action.PASSWORD_CHANGED, by=user)


@receiver(authenticator_added)
def _second_factor_added(user: User, authenticator: Authenticator, **_: Any) -> None:
    note(Action.SECOND_FACTOR_ADDED, by=user, details={"what": str(authenticator.get_type_display())})


@receiver(authenticator_removed)
def _second_factor_removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    note(Action.SECOND_FACTOR_REMOVED, by=user, details={"what": str(authenticator.get_type_display())})


@receiver(authentication_failed)
def _second_factor_failed(user: User, **_: Any) -> None:
    note(Action.SECOND_FACTOR_FAILED, object=f"log-in of {user}")


@receiver(post_save, sender=LogEntry)
def _changed_in_admin(instance: LogEntry, **_: Any) -> None:
    kind = instance.content_type.name if instance.content_type else "row"
    did = _DID.get(instance.action_flag, "deleted")
    note(Action.ADMIN_CHANGED, by=instance.user, object=f"{kind} {instance.object_repr}", details={"what": did})
