from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interactions", "0015_identity_key")]

    operations = [
        migrations.AddField(
            model_name="environment",
            name="currency",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="an ISO 4217 code that revenue is in; empty: not said",
                max_length=3,
            ),
        ),
    ]
