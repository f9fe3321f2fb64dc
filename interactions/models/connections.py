"""Connections: other tools that send their events to an address of their own, and what has arrived there."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from interactions.models.environment import Environment


class Connection(models.Model):
    """One tool whose events come into one environment: by webhooks, or from a stream (:class:`Stream`).

    The token in its address is shown once and kept as a hash, like an API key. The secret that the tool signs with has
    to be known to verify a signature, so it is kept encrypted (:mod:`interactions.ingest.connections.seal`); empty
    where the tool signs nothing. After a rotation, the token from before it is accepted until ``former_ends_at``.
    """

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="connections")
    source = models.CharField(
        max_length=40, blank=True, help_text="a name of connectors.SOURCES; empty: whichever an event is of"
    )
    name = models.CharField(max_length=100)
    prefix = models.CharField(
        max_length=16, help_text="the first characters of the token, to tell connections apart by"
    )
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token")
    secret = models.TextField(blank=True, help_text="encrypted")
    former_digest = models.CharField(max_length=64, blank=True, db_index=True)
    former_ends_at = models.DateTimeField(null=True)
    is_paused = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    last_event_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class EventCount(models.Model):
    """How many events of one name arrived: as interactions, skipped, or refused because they broke a rule."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="counts")
    name = models.CharField(max_length=200)
    interactions = models.PositiveBigIntegerField(default=0, help_text="records made of them")
    skipped = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_at", "name"]
        constraints = [models.UniqueConstraint(fields=["connection", "name"], name="event_counted_once")]


class KeptEvent(models.Model):
    """One of the last events that were skipped or refused, as it came. It may name people: see privacy.stores."""

    class Outcome(models.TextChoices):
        SKIPPED = "skipped", "Skipped"
        REFUSED = "refused", "Refused"

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="kept_events")
    at = models.DateTimeField()
    name = models.CharField(max_length=200)
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.CharField(max_length=1000)
    place = models.CharField(max_length=500, blank=True, help_text="of a message: topic, partition and offset")
    text = models.TextField()
    size = models.PositiveIntegerField(help_text="bytes of the event; more than the text has where it was cut")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["connection", "outcome", "name"])]

    @property
    def is_cut(self) -> bool:
        return self.size > len(self.text.encode())


class EventType(models.Model):
    """What the events of one name stand for in one environment, where that isn't what the source's own table says."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="event_types")
    source = models.CharField(max_length=40, help_text="a name of connectors.SOURCES")
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=40, blank=True, help_text="of interactions; empty: these events are skipped")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["environment", "source", "name"], name="event_typed_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.name}: {self.type or 'skipped'}"
