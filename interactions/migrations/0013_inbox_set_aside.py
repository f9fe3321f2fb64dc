from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interactions", "0012_containers")]

    operations = [
        migrations.AddField(
            model_name="inboxentry",
            name="problem",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
    ]
