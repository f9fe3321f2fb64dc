"""API keys get scopes and may expire. Existing keys keep what they can do, and have no date."""

from typing import Any

from django.db import migrations, models


def keep_rights(apps: Any, schema_editor: Any) -> None:
    keys = apps.get_model("interactions", "ApiKey").objects.using(schema_editor.connection.alias)
    keys.filter(kind="secret").update(scopes="write delete")


class Migration(migrations.Migration):
    dependencies = [("interactions", "0029_no_samples_of_ignored_fields")]

    operations = [
        migrations.AddField(
            "apikey",
            "expires_at",
            models.DateTimeField(null=True, help_text="from then on it is refused, as was said when it was made"),
        ),
        migrations.AddField(
            "apikey",
            "scopes",
            models.CharField(max_length=60, default="write", db_default="write", help_text="with blanks between"),
        ),
        migrations.RunPython(keep_rights, migrations.RunPython.noop),
    ]
