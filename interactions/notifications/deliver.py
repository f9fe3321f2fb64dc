"""Deliver notifications: one attempt per task, repeated with growing pauses until it's sent or given up.

A delivery is claimed before it's sent: ``next_at`` moves on by the pause, and nobody else takes it before. So it's sent
once, unless a worker dies between the sending and its note; then it's sent again, with the same id.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.db.models import F
from django.utils import timezone

from interactions.errors import DojoError
from interactions.ingest.imports.queue import enqueue
from interactions.models import Environment, Notification, NotificationChannel, NotificationDelivery
from interactions.notifications import email, service, webhook
from interactions.notifications.events import NotifiedEvent
from interactions.notifications.tell import hand_out, may_be_told

logger = logging.getLogger(__name__)

State = NotificationDelivery.State
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
"""After each failed attempt. After the last one it's given up."""
KEPT: Final = timedelta(days=90)
_SENDERS: Final = {
    NotificationChannel.Kind.EMAIL: email.send,
    NotificationChannel.Kind.SERVICE: service.send,
    NotificationChannel.Kind.WEBHOOK: webhook.send,
}


def deliver(delivery: NotificationDelivery) -> None:
    """Make one attempt, unless it was sent, given up, or another task has it."""
    if not _claim(delivery):
        return
    channel, notification = delivery.channel, delivery.notification
    if channel.is_paused or not may_be_told(channel, NotifiedEvent(notification.event)):
        _end(delivery, State.FAILED, "The channel was paused, or the member's role has changed.")
        return
    try:
        _SENDERS[NotificationChannel.Kind(channel.kind)](channel, notification)
    except DojoError as error:
        _failed(delivery, str(error))
    except Exception as error:  # noqa: BLE001 - whatever a service's library raises; its text may quote the address
        logger.warning("Delivery %s failed: %s", delivery.pk, type(error).__name__, exc_info=False)
        _failed(delivery, f"Something went wrong ({type(error).__name__}).")
    else:
        _end(delivery, State.SENT, "")


def _claim(delivery: NotificationDelivery) -> bool:
    now = timezone.now()
    rows = NotificationDelivery.objects.filter(pk=delivery.pk, state=State.WAITING, next_at__lte=now)
    pause = PAUSES[min(delivery.attempts, len(PAUSES) - 1)]
    if not rows.filter(attempts=delivery.attempts).update(attempts=F("attempts") + 1, next_at=now + pause):
        return False
    delivery.refresh_from_db(fields=["attempts", "next_at"])
    return True


def _failed(delivery: NotificationDelivery, sentence: str) -> None:
    is_last = delivery.attempts >= len(PAUSES) or delivery.notification.event == NotifiedEvent.TEST
    if is_last:
        _end(delivery, State.FAILED, sentence)
    else:
        NotificationDelivery.objects.filter(pk=delivery.pk).update(result=sentence[:300])
    logger.info("Delivery %s failed, attempt %s", delivery.pk, delivery.attempts)


def _end(delivery: NotificationDelivery, state: str, sentence: str) -> None:
    sent_at = timezone.now() if state == State.SENT else None
    NotificationDelivery.objects.filter(pk=delivery.pk).update(state=state, result=sentence[:300], sent_at=sent_at)
    delivery.refresh_from_db()


def sweep() -> None:
    """Queue deliveries that nobody attempts: Redis was down, a pause is over, a worker died. Forget old ones."""
    waiting = NotificationDelivery.objects.filter(state=State.WAITING, next_at__lte=timezone.now())
    enqueue("deliver_notification", *waiting.values_list("pk", flat=True)[:1_000])
    old = Notification.objects.filter(at__lt=timezone.now() - KEPT)
    if old.exists():  # a delete takes the write lock, even if nothing matches
        old.delete()


def send_test(channel: NotificationChannel, key: str) -> NotificationDelivery:
    """Send a test to a channel right now, in this process; the result is in the delivery. ``key`` is of this press."""
    environment: Environment = channel.environment
    notification, _ = Notification.objects.get_or_create(
        key=f"test:{channel.pk}:{key}"[:120],
        defaults={
            "environment": environment,
            "event": NotifiedEvent.TEST,
            "title": f"Test of Dojo in {environment.name}",
            "text": "This channel works. It receives the events that were chosen for it.",
            "path": f"/{environment.slug}/",
        },
    )
    delivery, is_new = NotificationDelivery.objects.get_or_create(notification=notification, channel=channel)
    if is_new:
        deliver(delivery)
    return delivery


__all__ = ["KEPT", "PAUSES", "deliver", "hand_out", "send_test", "sweep"]
