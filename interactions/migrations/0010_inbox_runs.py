"""A batch names its entries; those of batches that are open are taken over."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


def name_entries(apps: Any, schema_editor: Any) -> None:
    """Write into each batch which entries point at it. An environment has one batch: the oldest, others are undone."""
    batches = apps.get_model("interactions", "InboxBatch").objects
    entries = apps.get_model("interactions", "InboxEntry").objects
    environments = set()
    for batch in batches.order_by("pk"):
        if batch.environment_id in environments:
            entries.filter(batch=batch).update(batch=None)
            batch.delete()
            continue
        environments.add(batch.environment_id)
        batch.runs = [(pk, pk) for pk in entries.filter(batch=batch).order_by("pk").values_list("pk", flat=True)]
        batch.save(update_fields=["runs"])


class Migration(migrations.Migration):
    dependencies = [("interactions", "0009_exports")]

    operations = [
        migrations.AddField(
            model_name="inboxbatch",
            name="runs",
            field=models.JSONField(default=list, help_text="first and last id of each run of entries that it holds"),
        ),
        migrations.RunPython(name_entries, migrations.RunPython.noop),
    ]
