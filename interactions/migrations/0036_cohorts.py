"""Cohorts. PostgreSQL keeps no samples of their names and rules, which may name people (see 0026)."""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def keep_no_samples(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        table = apps.get_model("interactions", "Cohort")._meta.db_table
        for name in ("name", "rules"):
            schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN {name} SET STATISTICS 0")


class Migration(migrations.Migration):
    dependencies = [
        ("interactions", "0035_preferences"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="activityentry",
            name="action",
            field=models.CharField(
                choices=[
                    ("log_in", "Logged in"),
                    ("log_in_failed", "Log-in failed"),
                    ("log_out", "Logged out"),
                    ("password_changed", "Password changed"),
                    ("second_factor_added", "Second factor added"),
                    ("second_factor_removed", "Second factor removed"),
                    ("second_factor_failed", "Second factor failed"),
                    ("session_ended", "Session ended"),
                    ("import_started", "Import started"),
                    ("import_done", "Import done"),
                    ("import_failed", "Import failed"),
                    ("import_cancelled", "Import cancelled"),
                    ("import_retried", "Import retried"),
                    ("import_undo_started", "Undo started"),
                    ("import_undone", "Import undone"),
                    ("exported", "Exported records"),
                    ("person_viewed", "Viewed a person"),
                    ("deletion_received", "Deletion request received"),
                    ("deletion_approved", "Deletion request approved"),
                    ("deletion_hidden", "People hidden"),
                    ("deletion_erasing", "Erasing started"),
                    ("deletion_verified", "Erasure verified"),
                    ("deletion_failed", "Erasure failed"),
                    ("deletion_retried", "Erasure retried"),
                    ("deletion_cancelled", "Deletion request cancelled"),
                    ("receipt_taken", "Receipt downloaded"),
                    ("access_given", "Access letter made"),
                    ("access_requested", "Access letter requested"),
                    ("shop_redacted", "Shop asked for erasure"),
                    ("retention_run", "Old records removed"),
                    ("key_created", "API key created"),
                    ("key_rotated", "API key rotated"),
                    ("key_revoked", "API key revoked"),
                    ("connection_created", "Connection created"),
                    ("connection_changed", "Connection changed"),
                    ("connection_rotated", "Connection rotated"),
                    ("connection_paused", "Connection paused"),
                    ("connection_resumed", "Connection resumed"),
                    ("connection_removed", "Connection removed"),
                    ("member_added", "Member added"),
                    ("member_linked", "Set-password link made"),
                    ("member_deactivated", "Member deactivated"),
                    ("member_reactivated", "Member reactivated"),
                    ("role_changed", "Role changed"),
                    ("member_removed", "Member removed"),
                    ("cohort_created", "Cohort created"),
                    ("cohort_changed", "Cohort changed"),
                    ("cohort_deleted", "Cohort deleted"),
                    ("cohort_exported", "Cohort exported"),
                    ("product_names_changed", "Product names changed"),
                    ("product_names_removed", "Product names removed"),
                    ("settings_changed", "Settings changed"),
                    ("admin_changed", "Changed in Django's admin"),
                ],
                max_length=24,
            ),
        ),
        migrations.CreateModel(
            name="Cohort",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("rules", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cohorts",
                        to="interactions.environment",
                    ),
                ),
            ],
            options={
                "ordering": [django.db.models.functions.text.Lower("name"), "id"],
                "constraints": [models.UniqueConstraint(fields=("environment", "name"), name="cohort_name")],
            },
        ),
        migrations.RunPython(keep_no_samples, migrations.RunPython.noop),
    ]
