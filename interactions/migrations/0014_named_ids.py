"""Anonymous ids can be named by themselves, what is left is counted, and each id is known to have been held or not."""

from typing import Any

from django.db import migrations, models


def note_those_held(apps: Any, _: Any) -> None:
    """Of requests that are over: where records were erased, their people were there."""
    tombstones = apps.get_model("interactions", "Tombstone").objects
    tombstones.filter(
        request__in=apps.get_model("interactions", "DeletionRequest").objects.filter(erased__gt=0)
    ).update(was_held=True)


class Migration(migrations.Migration):
    dependencies = [("interactions", "0013_inbox_set_aside")]

    operations = [
        migrations.RemoveConstraint(model_name="requestedperson", name="person_named_once"),
        migrations.RenameField(model_name="requestedperson", old_name="user_id", new_name="identifier"),
        migrations.RenameField(model_name="requestedperson", old_name="user_key", new_name="key"),
        migrations.AlterField(
            model_name="requestedperson",
            name="identifier",
            field=models.CharField(max_length=1024),
        ),
        migrations.AddField(
            model_name="requestedperson",
            name="is_anonymous",
            field=models.BooleanField(default=False, help_text="an anonymous_id: its records without a user_id"),
        ),
        migrations.AddField(
            model_name="requestedperson",
            name="beside",
            field=models.PositiveBigIntegerField(
                default=0, help_text="records of an anonymous_id that have a user_id, too: they are that user's"
            ),
        ),
        migrations.AddConstraint(
            model_name="requestedperson",
            constraint=models.UniqueConstraint(fields=["request", "is_anonymous", "key"], name="person_named_once"),
        ),
        migrations.AddField(
            model_name="deletionrequest",
            name="anonymous",
            field=models.PositiveIntegerField(default=0, help_text="anonymous ids that were named by themselves"),
        ),
        migrations.AddField(
            model_name="deletionrequest",
            name="left",
            field=models.JSONField(default=dict, help_text="what was left after erasing, counted, by store"),
        ),
        migrations.AddField(
            model_name="tombstone",
            name="was_held",
            field=models.BooleanField(default=False, help_text="something of theirs was found"),
        ),
        migrations.AddField(
            model_name="tombstone",
            name="is_beside_user",
            field=models.BooleanField(default=False, help_text="an anonymous_id that is in records with a user_id"),
        ),
        migrations.RunPython(note_those_held, migrations.RunPython.noop),
    ]
