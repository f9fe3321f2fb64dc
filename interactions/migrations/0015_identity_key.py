from django.db import migrations, models


def ask_for_the_upgrade(apps, schema_editor):
    """Where somebody has worked with Dojo, people may be named by hashes of SECRET_KEY: they are to be named anew."""
    used = ("User", "auth"), ("ActivityEntry", "interactions"), ("Import", "interactions")
    if any(apps.get_model(app, name).objects.exists() for name, app in used):
        apps.get_model("interactions", "IdentityKey").objects.create(pk=1)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("interactions", "0014_named_ids"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdentityKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "check_value",
                    models.CharField(blank=True, help_text="of IDENTITY_KEY; tells nothing about it", max_length=32),
                ),
                (
                    "earlier_check",
                    models.CharField(blank=True, help_text="of the file of the earlier keys", max_length=32),
                ),
                (
                    "upgraded_at",
                    models.DateTimeField(help_text="since when nobody need be named anew", null=True),
                ),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="one_identity_key")],
            },
        ),
        # The keys of stones that are there are earlier ones, those of all others are not.
        migrations.AddField(
            model_name="tombstone",
            name="is_earlier",
            field=models.BooleanField(default=True, help_text="the key is one of identity.earlier()"),
        ),
        migrations.AlterField(
            model_name="tombstone",
            name="is_earlier",
            field=models.BooleanField(default=False, help_text="the key is one of identity.earlier()"),
        ),
        migrations.RunPython(ask_for_the_upgrade, migrations.RunPython.noop),
    ]
