"""The log-ins of somebody that are open in browsers."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models.signals import post_save
from django.dispatch import receiver


def end_sessions(user: User) -> int:
    """End them for good, on every device; how many there were."""
    # A session says whose it is in its signed content alone.
    of_user = [each.pk for each in Session.objects.iterator() if each.get_decoded().get(SESSION_KEY) == str(user.pk)]
    return Session.objects.filter(pk__in=of_user).delete()[0] if of_user else 0


@receiver(post_save, sender=User)
def _saved(instance: User, **_: Any) -> None:
    """Django's admin deactivates by saving. An old session must not live again when the log-in is given back."""
    if not instance.is_active:
        end_sessions(instance)
