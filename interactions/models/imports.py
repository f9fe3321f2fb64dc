"""Imports, with their blocks, problems and uploads."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from interactions.models.environment import Environment


class Import(models.Model):
    """A file of interactions that is imported into an environment.

    When it's done, ``accepted + rejected + duplicates + skipped == records``. While it's loading, the counts are sums
    over its blocks: see :meth:`progress`.
    """

    class State(models.TextChoices):
        UPLOADING = "uploading", "Uploading"
        CHECKING = "checking", "Ready to load"
        LOADING = "loading", "Loading"
        DONE = "done", "Done"
        DONE_WITH_REJECTS = "done_with_rejects", "Done with rejects"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        UNDONE = "undone", "Undone"

    class Source(models.TextChoices):
        BROWSER = "browser", "Browser"
        COMMAND = "command", "Command line"
        SAMPLE = "sample", "Sample data"
        PULL = "pull", "Pulled"

    class Phase(models.TextChoices):
        """The phase of a loading import, so that a repeated task knows what is left to do."""

        WAITING = "", "Waiting"
        PLANNING = "planning", "Planning"
        BLOCKS = "blocks", "Reading blocks"
        COMMITTING = "committing", "Adding to the data set"
        UNDOING = "undoing", "Undoing"

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="imports")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    source = models.CharField(max_length=10, choices=Source, default=Source.BROWSER)
    state = models.CharField(max_length=20, choices=State, default=State.UPLOADING)
    phase = models.CharField(max_length=12, choices=Phase, default=Phase.WAITING, blank=True)

    file_name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(help_text="bytes of the file as it was given")
    format = models.CharField(max_length=10, blank=True, help_text="array, object or lines")
    compression = models.CharField(
        max_length=120, blank=True, help_text="what the text is packed in, outermost first: gzip, tar"
    )
    left_out = models.TextField(blank=True, help_text="which files of an archive were left out, as a sentence")
    connector = models.CharField(
        max_length=20, blank=True, help_text="the source of other tools' events; empty: Dojo's own form"
    )
    zone = models.CharField(max_length=64, blank=True, help_text="of times that come without one; empty: UTC")
    event_types = models.JSONField(
        default=dict, help_text="what was chosen of event names when it began to load; null: they are skipped"
    )
    mapping = models.TextField(blank=True, help_text="what a table's columns stand for, as JSON; empty: no table")
    check_duplicates = models.BooleanField(default=True)
    ignore_unknown_fields = models.BooleanField(
        default=False, help_text="leave out fields of our own form that Dojo doesn't know"
    )

    bytes_total = models.PositiveBigIntegerField(default=0, help_text="bytes to read, unpacked; 0 until known")
    records = models.PositiveBigIntegerField(default=0)
    accepted = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    duplicates = models.PositiveBigIntegerField(default=0)
    skipped = models.PositiveBigIntegerField(default=0, help_text="other tools' events that are no interactions")
    first_timestamp = models.DateTimeField(null=True)
    last_timestamp = models.DateTimeField(null=True)
    table_version = models.BigIntegerField(null=True)
    error = models.TextField(blank=True, help_text="why it failed, as a sentence for the user")

    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True, help_text="last sign of life of planning or committing")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["environment", "-id"]), models.Index(fields=["state"])]

    def __str__(self) -> str:
        return f"import {self.pk} of {self.file_name}"

    @property
    def imported_by(self) -> str:
        """The name of the user who started it, for pages."""
        if self.created_by is not None:
            return self.created_by.get_full_name() or self.created_by.get_username()
        others: dict[str, str] = {self.Source.COMMAND: "Command line", self.Source.PULL: "Connection"}
        return others.get(self.source, "Former member")

    @property
    def is_running(self) -> bool:
        return self.state == self.State.LOADING

    @property
    def is_done(self) -> bool:
        return self.state in (self.State.DONE, self.State.DONE_WITH_REJECTS)

    @property
    def has_ended(self) -> bool:
        return self.state not in (self.State.UPLOADING, self.State.CHECKING, self.State.LOADING)

    @property
    def can_cancel(self) -> bool:
        return not self.has_ended

    @property
    def can_undo(self) -> bool:
        return self.is_done and self.phase != self.Phase.UNDOING

    @property
    def brought_nothing(self) -> bool:
        """Whether it failed for good, because its file was refused while loading or had no valid record."""
        return self.state == self.State.FAILED and self.phase == self.Phase.WAITING and self.started_at is not None

    @property
    def can_retry(self) -> bool:
        return self.state == self.State.FAILED and not self.brought_nothing

    @property
    def duration(self) -> timedelta | None:
        """The time from the start of loading to its end, or until now."""
        if self.started_at is None:
            return None
        return (self.finished_at or timezone.now()) - self.started_at


class SourceMapping(models.Model):
    """A mapping of a table's columns, saved under a name and offered for files with the same columns."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="mappings")
    name = models.CharField(max_length=80)
    mapping = models.TextField(help_text="as JSON, see connectors.table.Mapping")
    shape = models.CharField(max_length=32, help_text="what tables with the same columns have in common")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["environment", "name"], name="mapping_name_once")]

    def __str__(self) -> str:
        return f"mapping {self.name}"


class Block(models.Model):
    """A range of complete records, ``[start, end)`` in bytes of the unpacked file, for one task."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        UNSOUND = "unsound", "Unsound"  # the bytes aren't complete records; see imports.commit

    of = models.ForeignKey(Import, models.CASCADE, related_name="blocks", db_column="import_id")
    number = models.PositiveIntegerField()
    start = models.PositiveBigIntegerField()
    end = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.CharField(max_length=32, blank=True, help_text="the last attempt; its files bear this name")
    heartbeat_at = models.DateTimeField(null=True)

    bytes_done = models.PositiveBigIntegerField(default=0)
    records = models.PositiveBigIntegerField(default=0)
    accepted = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    skipped = models.PositiveBigIntegerField(default=0)
    untimed = models.PositiveBigIntegerField(default=0, help_text="accepted records that had no timestamp")
    ignored_fields = models.JSONField(
        default=dict, help_text="fields that were left out, by name: how many records had each"
    )
    part_size = models.PositiveBigIntegerField(default=0, help_text="bytes of the Parquet part; 0: no part")
    first_timestamp = models.DateTimeField(null=True)
    last_timestamp = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["of", "number"], name="block_number_once"),
            models.CheckConstraint(condition=Q(start__lte=F("end")), name="block_start_before_end"),
        ]


class Problem(models.Model):
    """Why records of a block were rejected: a row per cause, with its count and first example."""

    block = models.ForeignKey(Block, models.CASCADE, related_name="problems")
    path = models.CharField(max_length=200, help_text="field path without list positions; empty: the record")
    rule = models.CharField(max_length=1000, help_text="the rule as a sentence")
    count = models.PositiveBigIntegerField()
    index = models.PositiveBigIntegerField(help_text="first example: record in its block, from 0")
    offset = models.PositiveBigIntegerField(help_text="first example: byte in the unpacked file")
    value = models.CharField(max_length=200, blank=True, help_text="first example: the value, cut")
    row = models.PositiveBigIntegerField(
        null=True, help_text="first example of a table: the row of the file, from 1; set once all is read"
    )

    class Meta:
        ordering = ["-count"]


class SkippedEvents(models.Model):
    """The number of skipped events with one name in a block."""

    block = models.ForeignKey(Block, models.CASCADE, related_name="skipped_events")
    name = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, help_text="why, as a sentence")
    count = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["-count"]


class ImportedEvents(models.Model):
    """Interactions that were made of the events of one name in one block: good ones, and how many were refused."""

    block = models.ForeignKey(Block, models.CASCADE, related_name="imported_events")
    name = models.CharField(max_length=200)
    interactions = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0)


class Upload(models.Model):
    """A file that is being uploaded with tus. It's stored in the uploads folder under ``token``."""

    token = models.CharField(max_length=32, unique=True)
    of = models.OneToOneField(Import, models.CASCADE, related_name="upload", db_column="import_id")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    length = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    metadata = models.TextField(blank=True, help_text="the Upload-Metadata header as the client sent it")
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(offset__lte=F("length")), name="upload_offset_within_length")]

    @property
    def is_complete(self) -> bool:
        return self.offset == self.length


class UploadPiece(models.Model):
    """A part of an upload, stored as the object ``name`` in the upload's folder: ``size`` bytes from ``start`` on."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="pieces")
    start = models.PositiveBigIntegerField()
    size = models.PositiveBigIntegerField()
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "start"], name="upload_piece_once")]
