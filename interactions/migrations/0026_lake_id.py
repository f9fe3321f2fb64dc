"""Which lake the rows belong to; and PostgreSQL keeps no samples of columns that may name people."""

from django.db import migrations, models

# ANALYZE copies common values of a column into PostgreSQL's catalog, from where no erasure could take them.
NAMING_PEOPLE = {
    "problem": ("path", "value"),
    "inboxentry": ("text", "problem"),
    "requestedperson": ("identifier",),
    "requestedlink": ("anonymous_id",),
    "requestedletter": ("user_id",),
    "keptevent": ("name", "reason", "text"),
    "export": ("filter",),
}


def keep_no_samples(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    for model, columns in NAMING_PEOPLE.items():
        meta = apps.get_model("interactions", model)._meta
        for name in columns:
            column = f"ALTER TABLE {meta.db_table} ALTER COLUMN {name}"
            schema_editor.execute(f"{column} SET STATISTICS 0")
            # To say its type again forgets the samples taken so far, and does nothing else.
            schema_editor.execute(f"{column} TYPE {meta.get_field(name).db_type(connection)}")


class Migration(migrations.Migration):
    dependencies = [("interactions", "0025_journalled_tombstones")]

    operations = [
        migrations.CreateModel(
            name="LakeId",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.UUIDField()),
                (
                    "is_kept",
                    models.BooleanField(default=False, help_text="the lake has it, so another lake is a wrong one"),
                ),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="one_lake_id")],
            },
        ),
        migrations.RunPython(keep_no_samples, migrations.RunPython.noop),
    ]
