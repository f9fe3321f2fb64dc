"""The three environments that exist from the start."""

from django.db import migrations

ENVIRONMENTS = [("production", "Production"), ("playground", "Playground"), ("development", "Development")]


def make_environments(apps, schema_editor):
    environment = apps.get_model("interactions", "Environment")
    for position, (slug, name) in enumerate(ENVIRONMENTS):
        environment.objects.get_or_create(slug=slug, defaults={"name": name, "position": position})


class Migration(migrations.Migration):
    dependencies = [("interactions", "0001_initial")]

    operations = [migrations.RunPython(make_environments, migrations.RunPython.noop)]
