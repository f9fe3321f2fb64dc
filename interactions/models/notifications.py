"""Notifications: what happened, whom to tell, and whether they were told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from interactions.models.environment import Environment


class NotificationChannel(models.Model):
    """A way to tell somebody about an environment.

    With a ``user`` it's that member's own, and e-mail goes to the address of their account; without one, it's the
    environment's. ``address`` and ``secret`` are encrypted: see interactions.notifications.addresses.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        SERVICE = "service", "Service"
        WEBHOOK = "webhook", "Webhook"

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="notification_channels")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="notification_channels")
    kind = models.CharField(max_length=10, choices=Kind)
    label = models.CharField(max_length=100, help_text="for pages: no secret part of the address")
    address = models.TextField(blank=True, help_text="encrypted; empty: the member's own e-mail address")
    secret = models.TextField(blank=True, help_text="encrypted; signs what is sent to a webhook")
    events = models.JSONField(default=list, help_text="names of events")
    is_weekly = models.BooleanField(default=False, help_text="gets the weekly summary")
    is_paused = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "user", "kind"], condition=Q(user__isnull=False), name="own_channel_once"
            )
        ]


class Notification(models.Model):
    """Something that happened once. ``key`` makes sure of that. The texts name nobody in the data."""

    environment = models.ForeignKey(
        Environment, models.CASCADE, null=True, related_name="notifications", help_text="empty: the whole Dojo"
    )
    event = models.CharField(max_length=24)
    key = models.CharField(max_length=120, unique=True)
    title = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True, help_text="the same for e-mail, where it has a form of its own")
    path = models.CharField(max_length=200, blank=True, help_text="the page about it, from / on")
    details = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["environment", "-id"]), models.Index(fields=["at"])]


class NotificationDelivery(models.Model):
    """A notification that goes to a channel. ``next_at`` is also a lease: nobody else sends it before."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"

    notification = models.ForeignKey(Notification, models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(NotificationChannel, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    result = models.CharField(max_length=300, blank=True, help_text="why the last attempt failed")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "next_at"])]
        constraints = [models.UniqueConstraint(fields=["notification", "channel"], name="delivered_once")]


class Alarm(models.Model):
    """A condition that lasts, such as a full disk: it's told when it begins, and when it's over.

    ``count`` numbers its occurrences. ``memory`` is what the check keeps until the next time.
    """

    name = models.CharField(max_length=80, unique=True)
    is_on = models.BooleanField(default=False)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(null=True)
    memory = models.JSONField(default=dict)


class NotificationRules(models.Model):
    """When to notify about an environment."""

    QUIET_MINUTES = 60
    REFUSED_PERCENT = 5

    environment = models.OneToOneField(Environment, models.CASCADE, related_name="notification_rules")
    quiet_minutes = models.PositiveIntegerField(default=QUIET_MINUTES, help_text="without live records")
    refused_percent = models.PositiveSmallIntegerField(default=REFUSED_PERCENT, help_text="of the records sent")
