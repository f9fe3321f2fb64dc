"""The browser sessions of a user."""

from __future__ import annotations

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models.signals import post_save
from django.dispatch import receiver


def end_sessions(user: User, *, but: str = "") -> int:
    """End all sessions of a user, except the one with the key ``but``; returns how many there were."""
    # The user of a session is only in its signed content.
    of_user = [each.pk for each in Session.objects.iterator() if each.get_decoded().get(SESSION_KEY) == str(user.pk)]
    ended = [key for key in of_user if key != but]
    UserSession.objects.filter(user=user).exclude(session_key=but).delete()
    return Session.objects.filter(pk__in=ended).delete()[0] if ended else 0


@receiver(post_save, sender=User)
def _saved(instance: User, **_: Any) -> None:
    """Django's admin deactivates users by saving them. Their old sessions must not work after a reactivation."""
    if not instance.is_active:
        end_sessions(instance)
