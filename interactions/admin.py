"""Django's admin, for administrators of the whole Dojo: what may only be read there."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from interactions.models import ActivityEntry


@admin.register(ActivityEntry)
class ActivityEntryAdmin(admin.ModelAdmin):
    """The activity log, to read: nobody adds, changes or removes entries."""

    list_display = ("at", "actor", "action", "object", "environment", "address")
    list_filter = ("action", "environment")
    search_fields = ("actor", "object", "address")
    list_select_related = ("environment",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
