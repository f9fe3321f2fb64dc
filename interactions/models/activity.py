"""The activity log: who did what, when, and from where. Rows are added and never changed."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils import timezone

from interactions.errors import DojoError
from interactions.models.environment import Environment


class AppendOnly(DojoError):
    """Entries of the activity log can't be changed or removed."""


class _Entries(models.QuerySet["ActivityEntry"]):
    """Refuses to change or remove entries in bulk."""

    def update(self, **kwargs: Any) -> int:
        raise AppendOnly("Entries of the activity log cannot be changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly("Entries of the activity log cannot be removed.")


class ActivityEntry(models.Model):
    """A step of an action.

    The actor is stored as text, so that the entry outlives the user or key without changes. People in the data appear
    in ``details`` only as keyed hashes. The database refuses changes, too (see the migration).
    """

    class Action(models.TextChoices):
        LOG_IN = "log_in", "Logged in"
        LOG_IN_FAILED = "log_in_failed", "Log-in failed"
        LOG_OUT = "log_out", "Logged out"
        PASSWORD_CHANGED = "password_changed", "Password changed"
        SECOND_FACTOR_ADDED = "second_factor_added", "Second factor added"
        SECOND_FACTOR_REMOVED = "second_factor_removed", "Second factor removed"
        SECOND_FACTOR_FAILED = "second_factor_failed", "Second factor failed"
        SESSION_ENDED = "session_ended", "Session ended"
        IMPORT_STARTED = "import_started", "Import started"
        IMPORT_DONE = "import_done", "Import done"
        IMPORT_FAILED = "import_failed", "Import failed"
        IMPORT_CANCELLED = "import_cancelled", "Import cancelled"
        IMPORT_RETRIED = "import_retried", "Import retried"
        IMPORT_UNDO_STARTED = "import_undo_started", "Undo started"
        IMPORT_UNDONE = "import_undone", "Import undone"
        EXPORTED = "exported", "Exported records"
        PERSON_VIEWED = "person_viewed", "Viewed a person"
        DELETION_RECEIVED = "deletion_received", "Deletion request received"
        DELETION_APPROVED = "deletion_approved", "Deletion request approved"
        DELETION_HIDDEN = "deletion_hidden", "People hidden"
        DELETION_ERASING = "deletion_erasing", "Erasing started"
        DELETION_VERIFIED = "deletion_verified", "Erasure verified"
        DELETION_FAILED = "deletion_failed", "Erasure failed"
        DELETION_RETRIED = "deletion_retried", "Erasure retried"
        DELETION_CANCELLED = "deletion_cancelled", "Deletion request cancelled"
        RECEIPT_TAKEN = "receipt_taken", "Receipt downloaded"
        ACCESS_GIVEN = "access_given", "Access letter made"
        ACCESS_REQUESTED = "access_requested", "Access letter requested"
        SHOP_REDACTED = "shop_redacted", "Shop asked for erasure"
        RETENTION_RUN = "retention_run", "Old records removed"
        KEY_CREATED = "key_created", "API key created"
        KEY_ROTATED = "key_rotated", "API key rotated"
        KEY_REVOKED = "key_revoked", "API key revoked"
        CONNECTION_CREATED = "connection_created", "Connection created"
        CONNECTION_CHANGED = "connection_changed", "Connection changed"
        CONNECTION_ROTATED = "connection_rotated", "Connection rotated"
        CONNECTION_PAUSED = "connection_paused", "Connection paused"
        CONNECTION_RESUMED = "connection_resumed", "Connection resumed"
        CONNECTION_REMOVED = "connection_removed", "Connection removed"
        MEMBER_ADDED = "member_added", "Member added"
        MEMBER_LINKED = "member_linked", "Set-password link made"
        MEMBER_DEACTIVATED = "member_deactivated", "Member deactivated"
        MEMBER_REACTIVATED = "member_reactivated", "Member reactivated"
        ROLE_CHANGED = "role_changed", "Role changed"
        MEMBER_REMOVED = "member_removed", "Member removed"
        COHORT_CREATED = "cohort_created", "Cohort created"
        COHORT_CHANGED = "cohort_changed", "Cohort changed"
        COHORT_DELETED = "cohort_deleted", "Cohort deleted"
        COHORT_EXPORTED = "cohort_exported", "Cohort exported"
        PRODUCT_NAMES_CHANGED = "product_names_changed", "Product names changed"
        PRODUCT_NAMES_REMOVED = "product_names_removed", "Product names removed"
        SETTINGS_CHANGED = "settings_changed", "Settings changed"
        VIEW_SAVED = "view_saved", "View saved"
        VIEW_CHANGED = "view_changed", "View changed"
        VIEW_DELETED = "view_deleted", "View deleted"
        LINK_CREATED = "link_created", "Share link created"
        LINK_REVOKED = "link_revoked", "Share link revoked"
        NOTE_ADDED = "note_added", "Note added"
        NOTE_CHANGED = "note_changed", "Note changed"
        NOTE_DELETED = "note_deleted", "Note deleted"
        ADMIN_CHANGED = "admin_changed", "Changed in Django's admin"

    class ActorKind(models.TextChoices):
        USER = "user", "Member"
        KEY = "key", "API key"
        COMMAND = "command", "Command line"
        SYSTEM = "system", "Dojo itself"
        NOBODY = "nobody", "Not logged in"

    at = models.DateTimeField(default=timezone.now)
    shared = models.UUIDField(default=uuid.uuid4, help_text="the same for all entries of one action")
    actor_kind = models.CharField(max_length=10, choices=ActorKind, default=ActorKind.SYSTEM)
    actor_id = models.BigIntegerField(null=True, help_text="of the user or key; it may be gone")
    actor = models.CharField(max_length=200, blank=True, help_text="its name then")
    environment = models.ForeignKey(
        Environment, models.PROTECT, null=True, related_name="+", help_text="empty: the whole Dojo"
    )
    action = models.CharField(max_length=24, choices=Action)
    object = models.CharField(max_length=300, blank=True, help_text='what it was done to, such as "import 12"')
    address = models.CharField(max_length=45, blank=True, help_text="of the client")
    details = models.JSONField(default=dict, blank=True)

    objects = _Entries.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "activity entries"
        indexes = [
            models.Index(fields=["environment", "-id"]),
            models.Index(fields=["action", "-id"]),
            models.Index(fields=["shared"]),
            models.Index(fields=["at"]),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises AppendOnly if the entry is stored already."""
        if not self._state.adding:
            raise AppendOnly("Entries of the activity log cannot be changed.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raises AppendOnly, always."""
        raise AppendOnly("Entries of the activity log cannot be removed.")
