from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interactions", "0010_inbox_runs")]

    operations = [
        migrations.RemoveIndex(model_name="inboxentry", name="interaction_environ_8e1490_idx"),
        migrations.RemoveField(model_name="inboxentry", name="batch"),
        migrations.AddConstraint(
            model_name="inboxbatch",
            constraint=models.UniqueConstraint(fields=["environment"], name="one_inbox_batch_each"),
        ),
    ]
