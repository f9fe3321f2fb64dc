from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interactions", "0022_event_types")]

    operations = [
        migrations.AddField(
            model_name="tombstone",
            name="is_journalled",
            field=models.BooleanField(db_default=False, default=False, help_text="see privacy.journal"),
        ),
        migrations.AddIndex(
            model_name="tombstone",
            index=models.Index(
                condition=models.Q(("is_journalled", False)), fields=["id"], name="tombstone_to_be_journalled"
            ),
        ),
    ]
