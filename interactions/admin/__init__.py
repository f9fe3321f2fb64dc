"""Django's admin: for administrators of the whole Dojo, and for staff who may carry out deletion requests."""

from django.contrib import admin

from interactions.admin.deletion import DeletionRequestAdmin
from interactions.admin.readable import ActivityEntryAdmin, ReadOnly

__all__ = ["ActivityEntryAdmin", "DeletionRequestAdmin", "ReadOnly"]

admin.site.site_header = "Dojo"
admin.site.site_title = "Dojo"
admin.site.index_title = "Administration"
