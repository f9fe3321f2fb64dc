from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interactions", "0027_pulls")]

    operations = [
        migrations.AddField(
            model_name="import",
            name="ignore_unknown_fields",
            field=models.BooleanField(
                default=False, help_text="leave out fields of our own form that Dojo doesn't know"
            ),
        ),
        migrations.AddField(
            model_name="block",
            name="ignored_fields",
            field=models.JSONField(
                default=dict, help_text="fields that were left out, by name: how many records had each"
            ),
        ),
    ]
