"""Saved views, share links, and notes on days."""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# ANALYZE copies common values of a column into PostgreSQL's catalog, from where no erasure could take them (see 0026).
NAMING_PEOPLE = {
    "annotation": ("text",),
    "savedview": ("name", "query"),
    "sharelink": ("name", "query"),
}


def keep_no_samples(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for model, columns in NAMING_PEOPLE.items():
        table = apps.get_model("interactions", model)._meta.db_table
        for name in columns:
            schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN {name} SET STATISTICS 0")


class Migration(migrations.Migration):
    dependencies = [
        ("interactions", "0037_product_names"),
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
                    ("view_saved", "View saved"),
                    ("view_changed", "View changed"),
                    ("view_deleted", "View deleted"),
                    ("link_created", "Share link created"),
                    ("link_revoked", "Share link revoked"),
                    ("note_added", "Note added"),
                    ("note_changed", "Note changed"),
                    ("note_deleted", "Note deleted"),
                    ("admin_changed", "Changed in Django's admin"),
                ],
                max_length=24,
            ),
        ),
        migrations.CreateModel(
            name="ShareLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("page", models.CharField(help_text="the name of the page's URL", max_length=40)),
                ("query", models.TextField(blank=True, help_text="without the question mark")),
                (
                    "panel",
                    models.CharField(blank=True, help_text="the only chart it shows; empty: the page", max_length=40),
                ),
                (
                    "allowed_origins",
                    models.TextField(blank=True, help_text="one per line; empty: it can't be embedded"),
                ),
                ("is_adjustable", models.BooleanField(default=False)),
                (
                    "digest",
                    models.CharField(
                        help_text="SHA-256 of the token, which is random enough", max_length=64, unique=True
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("uses", models.PositiveBigIntegerField(default=0, help_text="how often it was opened")),
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="share_links",
                        to="interactions.environment",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Annotation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("text", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="annotations",
                        to="interactions.environment",
                    ),
                ),
            ],
            options={
                "ordering": ["-day", "-id"],
                "indexes": [models.Index(fields=["environment", "-day"], name="interaction_environ_633fd9_idx")],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("page", models.CharField(help_text="the name of the page's URL", max_length=40)),
                ("query", models.TextField(blank=True, help_text="without the question mark")),
                ("names_people", models.BooleanField(default=False)),
                ("is_shared", models.BooleanField(default=False)),
                ("is_start", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to="interactions.environment",
                    ),
                ),
            ],
            options={
                "ordering": [django.db.models.functions.text.Lower("name"), "id"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("environment"),
                        django.db.models.functions.text.Lower("name"),
                        condition=models.Q(("is_shared", True)),
                        name="shared_view_name",
                    ),
                    models.UniqueConstraint(
                        models.F("environment"),
                        models.F("created_by"),
                        django.db.models.functions.text.Lower("name"),
                        condition=models.Q(("is_shared", False)),
                        name="own_view_name",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_start", True)), fields=("environment",), name="one_start"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_start", False), ("is_shared", True), _connector="OR"),
                        name="start_is_shared",
                    ),
                ],
            },
        ),
        migrations.RunPython(keep_no_samples, migrations.RunPython.noop),
    ]
