"""Channels for tests, and what was told."""

from __future__ import annotations

from interactions.models import Environment, Notification, NotificationChannel
from interactions.notifications import addresses
from interactions.notifications.events import CHOICES, NotifiedEvent
from tests import cast

Kind = NotificationChannel.Kind
EVERYTHING = [event.value for event in CHOICES]


def channel(environment: Environment, url: str = "https://hooks.example/dojo", **values: object) -> NotificationChannel:
    """A webhook of the environment that is told everything."""
    given = {
        "environment": environment,
        "kind": Kind.WEBHOOK,
        "label": "hooks.example",
        "address": addresses.sealed(url),
        "secret": addresses.sealed("s3cret"),
        "events": EVERYTHING,
    }
    return NotificationChannel.objects.create(**{**given, **values})


def own(environment: Environment, user: object = None, **values: object) -> NotificationChannel:
    """The e-mail of a member, by default an owner."""
    user = user or cast.owner()
    if not user.email:  # type: ignore[attr-defined]
        user.email = f"{user}@example.com"
        user.save()  # type: ignore[attr-defined]
    return channel(environment, user=user, kind=Kind.EMAIL, label="Your e-mail", address="", secret="", **values)


def titles(event: NotifiedEvent) -> list[str]:
    """What was told of an event, oldest first."""
    return list(Notification.objects.filter(event=event).order_by("pk").values_list("title", flat=True))
