"""What may only be read in Django's admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from interactions.models import ActivityEntry


class ReadOnly(admin.ModelAdmin):
    """Rows that nobody adds, changes or removes here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ActivityEntry)
class ActivityEntryAdmin(ReadOnly):
    """The activity log."""

    list_display = ("at", "actor", "action", "object", "environment", "address")
    list_filter = ("action", "environment")
    search_fields = ("actor", "object", "address")
    list_select_related = ("environment",)
