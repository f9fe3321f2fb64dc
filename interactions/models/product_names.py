"""Names of products, which pages show beside the ids."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from interactions.models.environment import Environment


class ProductNameList(models.Model):
    """The names from one file. It's in use from the moment somebody confirms it, instead of the one before.

    The names are in ``blocks``, a power of two: see product_names.blocks.
    """

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="product_name_lists")
    file_name = models.CharField(max_length=255)
    is_in_use = models.BooleanField(default=False)
    names = models.PositiveIntegerField(help_text="products with a name")
    repeated = models.PositiveIntegerField(default=0, help_text="rows for a product that a later row names, too")
    refused = models.PositiveIntegerField(default=0, help_text="rows without an id or a name")
    refusals = models.JSONField(default=list, help_text="the first of them: number and sentence")
    blocks = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment"], condition=models.Q(is_in_use=True), name="one_product_name_list_in_use"
            )
        ]

    @property
    def uploaded_by(self) -> str:
        """The name of the user who uploaded it, for pages."""
        if self.created_by is None:
            return "Former member"
        return self.created_by.get_full_name() or self.created_by.get_username()


class ProductNameBlock(models.Model):
    """Some hundred names of a list, compressed."""

    of = models.ForeignKey(ProductNameList, models.CASCADE, related_name="packed")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "number"], name="product_name_block_once")]
