"""PostgreSQL keeps no samples of the filters and targets of scheduled exports, which may name people (see 0026)."""

from django.db import migrations


def keep_no_samples(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    table = apps.get_model("interactions", "ExportSchedule")._meta.db_table
    for column in ("filter", "target"):
        schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


class Migration(migrations.Migration):
    dependencies = [("interactions", "0039_notifications_and_schedules")]

    operations = [migrations.RunPython(keep_no_samples, migrations.RunPython.noop)]
