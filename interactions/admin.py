"""Django's admin, for administrators of the whole Dojo: what may only be read there."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from interactions.models import ActivityEntry, DeletionRequest


class Readable(admin.ModelAdmin):
    """Rows that nobody adds, changes or removes here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ActivityEntry)
class ActivityEntryAdmin(Readable):
    """The activity log."""

    list_display = ("at", "actor", "action", "object", "environment", "address")
    list_filter = ("action", "environment")
    search_fields = ("actor", "object", "address")
    list_select_related = ("environment",)


@admin.register(DeletionRequest)
class DeletionRequestAdmin(Readable):
    """Deletion requests: their pages are where they are carried."""

    list_display = ("id", "environment", "state", "source", "reference", "people", "erased", "received_at", "due_at")
    list_filter = ("state", "environment", "source")
    search_fields = ("reference", "asked_by")
    list_select_related = ("environment",)
