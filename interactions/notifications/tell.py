"""Notify about an event: add the notification and its deliveries, in the transaction of the event."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from interactions.access.members import standing
from interactions.ingest.imports.queue import enqueue
from interactions.models import Environment, Notification, NotificationChannel, NotificationDelivery
from interactions.notifications import addresses
from interactions.notifications.events import NotifiedEvent
from interactions.seal import SecretUnreadable

logger = logging.getLogger(__name__)


def tell(
    event: NotifiedEvent,
    environment: Environment | None,
    *,
    key: str,
    title: str,
    text: str,
    path: str = "",
    details: dict[str, Any] | None = None,
) -> Notification | None:
    """Tell everybody who chose ``event``. ``key`` names the occurrence: a second call with it does nothing.

    Without an ``environment``, it's about the whole Dojo. Texts and ``details`` must not name people in the data.
    Returns the notification if it's new. A failing database loses the notification rather than what it's about.
    """
    row = Notification(
        environment=environment,
        event=event,
        key=key[:120],
        title=title[:200],
        text=text,
        path=path,
        details=details or {},
    )
    try:
        with transaction.atomic():
            return None if is_told(row.key) else _add(row)
    except DatabaseError as error:
        logger.warning("Notification %s couldn't be added: %s", key, type(error).__name__)
        return None


def is_told(key: str) -> bool:
    """Whether there is a notification of this occurrence."""
    return Notification.objects.filter(key=key).exists()


def _add(row: Notification) -> Notification:
    Notification.objects.bulk_create([row], ignore_conflicts=True)  # another process may add it right now
    stored = Notification.objects.get(key=row.key)
    hand_out(stored, list(_listening(NotifiedEvent(row.event), row.environment)))
    return stored


def hand_out(notification: Notification, channels: list[NotificationChannel]) -> None:
    """Have workers deliver a notification to these channels, once to each."""
    now = timezone.now()
    rows = [NotificationDelivery(notification=notification, channel=channel, next_at=now) for channel in channels]
    NotificationDelivery.objects.bulk_create(rows, ignore_conflicts=True)
    waiting = notification.deliveries.filter(state=NotificationDelivery.State.WAITING, attempts=0)
    enqueue("deliver_notification", *waiting.values_list("pk", flat=True))


def _listening(event: NotifiedEvent, environment: Environment | None) -> Iterator[NotificationChannel]:
    """The channels that chose an event; each address once, as events of the whole Dojo concern all environments."""
    rows = NotificationChannel.objects.filter(is_paused=False).select_related("environment", "user")
    if environment is not None:
        rows = rows.filter(environment=environment)
    seen: set[tuple[int | None, str, str]] = set()
    for channel in rows:
        if event in channel.events and may_be_told(channel, event) and (place := _place(channel)) not in seen:
            seen.add(place)
            yield channel


def may_be_told(channel: NotificationChannel, event: NotifiedEvent) -> bool:
    """Whether a member's role still allows notifications of this event. Owners set up an environment's channels."""
    return channel.user is None or standing(channel.user).may(event.right, channel.environment.slug)


def is_listened_for(event: NotifiedEvent, environment: Environment) -> bool:
    """Whether anybody chose an event, so that it's worth checking for."""
    return next(_listening(event, environment), None) is not None


def _place(channel: NotificationChannel) -> tuple[int | None, str, str]:
    try:
        return channel.user_id, channel.kind, addresses.opened(channel.address)
    except SecretUnreadable:
        return channel.user_id, channel.kind, str(channel.pk)
