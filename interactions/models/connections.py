"""Connections: other tools that send events to Dojo, and counts and examples of these events."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from interactions.models.environment import Environment
from interactions.models.imports import Import


class Connection(models.Model):
    """A tool whose events are received in an environment: by webhooks, from a stream (:class:`Stream`), or pulled each
    day (:class:`Pull`).

    The token in its URL is shown once and stored as a hash, like an API key. The tool's signing secret is needed to
    verify signatures, so it's stored encrypted (:mod:`interactions.ingest.connections.seal`); it's empty if the tool
    doesn't sign. After a rotation, the former token is accepted until ``former_ends_at``.
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
        return f"{self.name} ({self.prefix}…)" if self.prefix else self.name


class EventCount(models.Model):
    """Counts of events with one name: interactions made from them, skipped events, and refused ones."""

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
    """One of the last skipped or refused events, as received. It may name people: see privacy.stores."""

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
    """A user's choice of the type for events with one name, instead of the source's default, in an environment."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="event_types")
    source = models.CharField(max_length=40, help_text="a name of connectors.SOURCES")
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=40, blank=True, help_text="of interactions; empty: these events are skipped")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["environment", "source", "name"], name="event_typed_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.name}: {self.type or 'skipped'}"


class Pull(models.Model):
    """A tool whose events are pulled from its export API each day, as imports.

    Its connection's token is never shown, and its connection's secret belongs to ``key``. ``claim`` identifies the task
    at work, and ``heartbeat_at`` shows that it's alive.
    """

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="pull")
    key = models.TextField(help_text="who asks: an API key, or the name of a service account; encrypted")
    project = models.CharField(max_length=40, blank=True, help_text="a number, where the tool wants one")
    region = models.CharField(max_length=8, help_text="where the tool keeps the project's data")
    zone = models.CharField(max_length=64, blank=True, help_text="of the project's days; empty: UTC")
    since = models.DateField(help_text="the first day that is pulled")

    next_at = models.DateTimeField(default=timezone.now, help_text="when to look again for days to pull")
    failures = models.PositiveSmallIntegerField(default=0, help_text="in a row")
    error = models.TextField(blank=True, help_text="of the last failure, as a sentence")
    claim = models.CharField(max_length=32, blank=True)
    heartbeat_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"pull of {self.connection_id}"


class PulledDay(models.Model):
    """A day of a pull, or a part of it if the day is too large for one response: one import.

    Late events are fetched by a second pull of the same day, ``again``. An unfinished day has no records in the data
    set.
    """

    class State(models.TextChoices):
        PULLING = "pulling", "Pulling"
        IMPORTED = "imported", "Imported"
        EMPTY = "empty", "No events"

    pull = models.ForeignKey(Pull, models.CASCADE, related_name="days")
    day = models.DateField()
    start = models.DateTimeField(help_text="of the hours that are asked for")
    end = models.DateTimeField(help_text="after the last of them")
    again = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.PULLING)
    imported = models.ForeignKey(Import, models.SET_NULL, null=True, related_name="pulled_days")
    pulled_at = models.DateTimeField(null=True, help_text="when the tool was asked, at last with success")

    class Meta:
        ordering = ["-day", "-start", "-again"]
        constraints = [
            models.UniqueConstraint(fields=["pull", "start", "end", "again"], name="day_pulled_once"),
        ]
