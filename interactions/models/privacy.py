"""Deletion requests: people named while they're prepared, tombstones, and steps. Also letters and retention."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain

from django.conf import settings
from django.db import connection, models
from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.utils import timezone

from interactions.contract.schema import FOR_GOOD
from interactions.models.environment import Environment
from interactions.models.imports import Import

DUE_DAYS = 30  # the law allows one month


def _due() -> datetime:
    return timezone.now() + timedelta(days=DUE_DAYS)


class DeletionRequest(models.Model):
    """A request to erase people's records.

    RequestedPerson has their ids until they're hidden; from then on, there are only keyed hashes (Tombstone).
    """

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        HIDDEN = "hidden", "Hidden"
        ERASING = "erasing", "Erasing"
        VERIFIED = "verified", "Verified"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    class Source(models.TextChoices):
        DESK = "desk", "Deletion requests page"
        API = "api", "API"
        COMMAND = "command", "Command line"
        WEBHOOK = "webhook", "Connection"

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="deletion_requests")
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    source = models.CharField(max_length=10, choices=Source, default=Source.API)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_by = models.CharField(max_length=200, blank=True, help_text="who asked; never an id of the data")
    reference = models.CharField(max_length=100, blank=True, help_text="of the letter or ticket")
    note = models.TextField(blank=True)
    is_for_good = models.BooleanField(default=False, help_text="what is newer than the request is refused as well")

    received_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=_due)
    counted_at = models.DateTimeField(null=True, help_text="when the preview was made")
    hidden_at = models.DateTimeField(null=True)
    erase_from = models.DateTimeField(null=True, help_text="erasing does not start before")
    needs_approval = models.BooleanField(
        default=False, help_text="erasing does not start before a second person's word"
    )
    approved_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    people = models.PositiveIntegerField(default=0, help_text="users")
    anonymous = models.PositiveIntegerField(default=0, help_text="anonymous ids that were named by themselves")
    linked = models.PositiveIntegerField(default=0, help_text="anonymous ids that are theirs")
    erased = models.PositiveBigIntegerField(default=0, help_text="records")
    found = models.JSONField(default=dict, help_text="records there were to erase, by store")
    left = models.JSONField(default=dict, help_text="what was left after erasing, counted, by store")
    version_before = models.BigIntegerField(null=True)
    version_after = models.BigIntegerField(null=True)
    stage = models.CharField(max_length=50, blank=True, help_text="the store that is being emptied")
    parts_done = models.PositiveIntegerField(default=0)
    parts_total = models.PositiveIntegerField(default=0)
    waits_for = models.ForeignKey(
        Import, models.SET_NULL, null=True, related_name="+", help_text="its file names these people and is being read"
    )
    error = models.TextField(blank=True)
    receipt = models.TextField(blank=True, help_text="signed JSON, see erasure.receipts")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["environment", "state"])]

    def __str__(self) -> str:
        return f"deletion request {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state not in (self.State.VERIFIED, self.State.CANCELLED)

    @property
    def is_changing(self) -> bool:
        """Whether its state can change without a user's action."""
        return self.state == self.State.ERASING or (self.state == self.State.HIDDEN and not self.awaits_approval)

    @property
    def awaits_approval(self) -> bool:
        return self.state == self.State.HIDDEN and self.needs_approval and self.approved_at is None

    @property
    def held_nothing(self) -> bool:
        """Whether it's verified and no records of its people were found."""
        return self.state == self.State.VERIFIED and not self.tombstones.filter(was_held=True).exists()

    @property
    def can_cancel(self) -> bool:
        return self.state in (self.State.RECEIVED, self.State.HIDDEN)


class RequestedPerson(models.Model):
    """A named person's id as typed, with the preview's counts. Deleted once the request's people are hidden."""

    request = models.ForeignKey(DeletionRequest, models.CASCADE, related_name="named")
    identifier = models.CharField(max_length=1024)
    key = models.BigIntegerField()
    is_anonymous = models.BooleanField(default=False, help_text="an anonymous_id: its records without a user_id")
    records = models.PositiveBigIntegerField(default=0)
    beside = models.PositiveBigIntegerField(
        default=0, help_text="records of an anonymous_id that have a user_id, too: they are that user's"
    )
    types = models.JSONField(default=dict, help_text="records by type")
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-records", "id"]
        constraints = [models.UniqueConstraint(fields=["request", "is_anonymous", "key"], name="person_named_once")]


class RequestedLink(models.Model):
    """An anonymous_id seen with a named user, offered in the preview. Deleted like RequestedPerson."""

    request = models.ForeignKey(DeletionRequest, models.CASCADE, related_name="links")
    user_key = models.BigIntegerField()
    anonymous_id = models.CharField(max_length=1024)
    anonymous_key = models.BigIntegerField()
    first_at = models.DateTimeField(help_text="of the first record that holds both")
    records = models.PositiveBigIntegerField(help_text="that hold both")
    alone = models.PositiveBigIntegerField(default=0, help_text="records with this anonymous_id and no user_id")
    users = models.PositiveIntegerField(help_text="with how many users it was seen; more than one: a shared device")
    is_taken = models.BooleanField(help_text="its records without a user_id go as well")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["request", "user_key", "anonymous_key"], name="link_offered_once")
        ]

    @property
    def is_shared(self) -> bool:
        return self.users > 1


class DeletionStep(models.Model):
    """A step of a request: what was done, when, and by whom."""

    request = models.ForeignKey(DeletionRequest, models.CASCADE, related_name="steps")
    word = models.CharField(max_length=20, help_text="the state it came into, or what was done without a change of it")
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=200, blank=True, help_text="a person's name, a key's; empty: Dojo itself")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["id"]


class TombstoneRows(models.QuerySet["Tombstone"]):
    """A query set of tombstones, with fast reading and writing."""

    def stones(self) -> Iterator[tuple[int | None, int | None, datetime]]:
        """The arguments of ``contract.tombstones.Tombstones.of``."""
        ends = Case(When(is_for_good=True, then=Value(FOR_GOOD)), default=F("at"), output_field=DateTimeField())
        rows = self.annotate(ends=ends).values_list("user_key", "anonymous_key", "ends")
        yield from rows.iterator(5_000)

    def lay(
        self,
        request: DeletionRequest,
        at: datetime,
        *,
        users: Iterable[int] = (),
        anonymous: Iterable[int] = (),
        linked: Iterable[int] = (),
    ) -> None:
        """Add a tombstone for each of these keyed hashes, in a sixth of the time of bulk_create, as others wait for it.

        ``linked`` are anonymous ids seen with one of the users, so they have records.
        """
        common = (request.pk, request.environment_id, connection.ops.adapt_datetimefield_value(at), request.is_for_good)
        keys = chain(
            ((key, None, False) for key in users),
            ((None, key, False) for key in anonymous),
            ((None, key, True) for key in linked),
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {self.model._meta.db_table} (user_key, anonymous_key, was_held, request_id,"  # noqa: S608 - our own name
                " environment_id, at, is_for_good, is_erased, is_beside_user, is_earlier)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [(*each, *common, False, False, False) for each in keys],
            )


class Tombstone(models.Model):
    """A person of a request. Their records up to ``at`` are hidden, erased and refused.

    It has either ``user_key`` or ``anonymous_key``, as in the table's columns of these names. The latter stands for
    records without a user_id.
    """

    request = models.ForeignKey(DeletionRequest, models.CASCADE, related_name="tombstones")
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    user_key = models.BigIntegerField(null=True)
    anonymous_key = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    is_for_good = models.BooleanField(default=False, help_text="what is newer may not come in, either")
    is_erased = models.BooleanField(default=False, help_text="no record is left that it would have to hide")
    was_held = models.BooleanField(default=False, help_text="something of theirs was found")
    is_beside_user = models.BooleanField(default=False, help_text="an anonymous_id that is in records with a user_id")
    is_earlier = models.BooleanField(default=False, help_text="the key is one of identity.earlier()")
    is_journalled = models.BooleanField(default=False, db_default=False, help_text="see privacy.journal")

    objects = TombstoneRows.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["environment", "user_key"]),
            models.Index(fields=["environment", "is_erased"]),
            models.Index(fields=["id"], condition=Q(is_journalled=False), name="tombstone_to_be_journalled"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(user_key=None, anonymous_key__isnull=False) | Q(user_key__isnull=False, anonymous_key=None),
                name="tombstone_of_one_kind",
            )
        ]


class RequestedLetter(models.Model):
    """A request for access, made through a connected tool. Deleted once the letter is made."""

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="requested_letters")
    user_id = models.CharField(max_length=512)
    asked_by = models.CharField(max_length=200, help_text="the connection; never an id of the data")
    received_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=_due)

    class Meta:
        ordering = ["id"]


class RetentionRun(models.Model):
    """A removal of old records, according to the environment's retention."""

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="retention_runs")
    at = models.DateTimeField(default=timezone.now)
    months = models.PositiveSmallIntegerField()
    before = models.DateTimeField(help_text="records with a timestamp before this were removed")
    records = models.PositiveBigIntegerField()
    version_before = models.BigIntegerField()
    version_after = models.BigIntegerField()
    seconds = models.FloatField()

    class Meta:
        ordering = ["-id"]
