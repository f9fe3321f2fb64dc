"""The keys that people's hashes in this database depend on."""

from django.db import models
from django.db.models import Q


class IdentityKey(models.Model):
    """A single row that identifies the IDENTITY_KEY of the keyed hashes here and in the lake.

    Without a row, there are no hashes yet. With an empty ``check``, hashes are still keyed with SECRET_KEY.
    """

    check_value = models.CharField(max_length=32, blank=True, help_text="of IDENTITY_KEY; tells nothing about it")
    earlier_check = models.CharField(max_length=32, blank=True, help_text="of the file of the earlier keys")
    upgraded_at = models.DateTimeField(null=True, help_text="since when nobody need be named anew")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_identity_key")]
