from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interactions", "0003_upload_metadata")]

    operations = [
        migrations.AddField(
            model_name="block",
            name="claim",
            field=models.CharField(
                blank=True, default="", help_text="the last attempt; its files bear this name", max_length=32
            ),
            preserve_default=False,
        ),
    ]
