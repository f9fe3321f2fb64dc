"""PostgreSQL keeps no samples of the names of ignored fields, which may name people (see 0026)."""

from django.db import migrations


def keep_no_samples(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    table = apps.get_model("interactions", "block")._meta.db_table
    schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN ignored_fields SET STATISTICS 0")


class Migration(migrations.Migration):
    dependencies = [("interactions", "0028_ignored_fields")]

    operations = [migrations.RunPython(keep_no_samples, migrations.RunPython.noop)]
