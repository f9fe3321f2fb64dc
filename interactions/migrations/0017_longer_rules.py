from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interactions", "0016_environment_currency")]

    operations = [
        migrations.AlterField(
            model_name="problem",
            name="rule",
            field=models.CharField(max_length=1000, help_text="the rule as a sentence"),
        ),
    ]
