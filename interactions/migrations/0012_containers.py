"""What an import's file is packed in may be several layers; which files of an archive were left out is kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interactions", "0011_inbox_entries_alone")]

    operations = [
        migrations.AlterField(
            model_name="import",
            name="compression",
            field=models.CharField(
                blank=True, help_text="what the text is packed in, outermost first: gzip, tar", max_length=120
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="left_out",
            field=models.TextField(
                blank=True, default="", help_text="which files of an archive were left out, as a sentence"
            ),
            preserve_default=False,
        ),
    ]
