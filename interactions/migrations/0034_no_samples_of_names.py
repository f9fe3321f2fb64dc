"""PostgreSQL keeps no samples of names that came with data, which may name people (see 0026)."""

from django.db import migrations

NAMING_PEOPLE = {
    "eventcount": ("name",),
    "eventtype": ("name",),
    "skippedevents": ("name", "reason"),
    "importedevents": ("name",),
    "sourcemapping": ("mapping",),
    "import": ("mapping", "event_types", "left_out"),
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
    dependencies = [("interactions", "0033_imported_events")]

    operations = [migrations.RunPython(keep_no_samples, migrations.RunPython.noop)]
