"""Deletion requests in every state that somebody can do something to, made by somebody else."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from interactions import privacy
from interactions.models import DeletionRequest, Environment, RequestedLink
from interactions.privacy import preview
from interactions.privacy.ids import About, Id


def _preparer() -> User:
    return User.objects.get_or_create(username="preparer")[0]


def received(here: Environment) -> DeletionRequest:
    return preview.prepare(here, map(Id, ["ann", "bob"]), About(), _preparer())


def linked(here: Environment) -> RequestedLink:
    """An anonymous id that was seen with one of the people."""
    found = received(here)
    return RequestedLink.objects.create(
        request=found,
        user_key=found.named.all()[0].key,
        anonymous_id="till",
        anonymous_key=7,
        first_at=timezone.now(),
        records=1,
        users=2,
        is_taken=False,
    )


def _hidden(here: Environment, delay: timedelta = timedelta(0)) -> DeletionRequest:
    found = received(here)
    privacy.hide(found, by=_preparer(), delay=delay)
    return found


def awaiting(here: Environment) -> DeletionRequest:
    """It waits for a second person's word."""
    Environment.objects.filter(pk=here.pk).update(needs_approval=True)
    here.refresh_from_db()
    return _hidden(here)


def delayed(here: Environment) -> DeletionRequest:
    """It waits for its time."""
    return _hidden(here, timedelta(days=1))


def failed(here: Environment) -> DeletionRequest:
    found = _hidden(here)
    DeletionRequest.objects.filter(pk=found.pk).update(state=DeletionRequest.State.FAILED, error="Lost.")
    return found
