"""The lake that this database belongs to."""

from django.db import models
from django.db.models import Q


class LakeId(models.Model):
    """A single row with the id of this database's lake, which is also stored in the lake."""

    value = models.UUIDField()
    is_kept = models.BooleanField(default=False, help_text="the lake has it, so another lake is a wrong one")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_lake_id")]
