"""Names of products."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("interactions", "0036_cohorts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ProductNameList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file_name", models.CharField(max_length=255)),
                ("is_in_use", models.BooleanField(default=False)),
                ("names", models.PositiveIntegerField(help_text="products with a name")),
                (
                    "repeated",
                    models.PositiveIntegerField(default=0, help_text="rows for a product that a later row names, too"),
                ),
                ("refused", models.PositiveIntegerField(default=0, help_text="rows without an id or a name")),
                ("refusals", models.JSONField(default=list, help_text="the first of them: number and sentence")),
                ("blocks", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="product_name_lists",
                        to="interactions.environment",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_in_use", True)),
                        fields=("environment",),
                        name="one_product_name_list_in_use",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProductNameBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
                (
                    "of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="packed",
                        to="interactions.productnamelist",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("of", "number"), name="product_name_block_once")],
            },
        ),
    ]
