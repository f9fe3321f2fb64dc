"""Which lake this database's rows belong to."""

from django.db import models
from django.db.models import Q


class LakeId(models.Model):
    """The one row that says by which id the lake of this database is known; the lake keeps it, too."""

    value = models.UUIDField()
    is_kept = models.BooleanField(default=False, help_text="the lake has it, so another lake is a wrong one")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_lake_id")]
