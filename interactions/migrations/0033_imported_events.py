"""Interactions of imported files by event name, and which row of a table a problem's example is."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interactions", "0032_upload_pieces")]

    operations = [
        migrations.CreateModel(
            name="ImportedEvents",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("interactions", models.PositiveBigIntegerField(default=0)),
                ("refused", models.PositiveBigIntegerField(default=0)),
                (
                    "block",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imported_events",
                        to="interactions.block",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="problem",
            name="row",
            field=models.PositiveBigIntegerField(
                help_text="first example of a table: the row of the file, from 1; set once all is read", null=True
            ),
        ),
    ]
