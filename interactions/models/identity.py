"""Which keys this database's people are named by."""

from django.db import models
from django.db.models import Q


class IdentityKey(models.Model):
    """The one row that says which IDENTITY_KEY the keyed hashes here and in the lake were made with.

    Without a row nobody was named yet. With an empty ``check`` people are still named by hashes of SECRET_KEY.
    """

    check_value = models.CharField(max_length=32, blank=True, help_text="of IDENTITY_KEY; tells nothing about it")
    earlier_check = models.CharField(max_length=32, blank=True, help_text="of the file of the earlier keys")
    upgraded_at = models.DateTimeField(null=True, help_text="since when nobody need be named anew")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_identity_key")]
