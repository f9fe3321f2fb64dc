"""Notifications with their channels and deliveries, and scheduled exports with their runs."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import interactions.models.schedules


class Migration(migrations.Migration):
    dependencies = [
        ("interactions", "0038_views_links_notes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Alarm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, unique=True)),
                ("is_on", models.BooleanField(default=False)),
                ("count", models.PositiveIntegerField(default=0)),
                ("since", models.DateTimeField(null=True)),
                ("memory", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="ExportSchedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "token",
                    models.CharField(
                        default=interactions.models.schedules._token,
                        help_text="in the names of its files",
                        max_length=8,
                    ),
                ),
                (
                    "target",
                    models.CharField(help_text="s3://bucket/prefix, or a folder below EXPORT_ROOT", max_length=500),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[("parquet", "Parquet"), ("jsonl", "JSON Lines")], default="parquet", max_length=10
                    ),
                ),
                ("filter", models.TextField(help_text="JSON; names no person")),
                (
                    "narrowed_by",
                    models.CharField(blank=True, help_text="names of the filter's parts; empty: all", max_length=300),
                ),
                (
                    "every",
                    models.CharField(
                        choices=[("hour", "Hourly"), ("day", "Daily"), ("week", "Weekly")], default="day", max_length=5
                    ),
                ),
                ("hour", models.PositiveSmallIntegerField(default=3, help_text="of the day, in time_zone")),
                ("weekday", models.PositiveSmallIntegerField(default=0, help_text="0 is Monday")),
                ("time_zone", models.CharField(default="UTC", max_length=64)),
                ("live_until", models.DateTimeField(help_text="live records received before were exported", null=True)),
                ("next_at", models.DateTimeField(null=True)),
                ("is_paused", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("removed_at", models.DateTimeField(null=True)),
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
                        related_name="export_schedules",
                        to="interactions.environment",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=24)),
                ("key", models.CharField(max_length=120, unique=True)),
                ("title", models.CharField(max_length=200)),
                ("text", models.TextField()),
                ("html", models.TextField(blank=True, help_text="the same for e-mail, where it has a form of its own")),
                ("path", models.CharField(blank=True, help_text="the page about it, from / on", max_length=200)),
                ("details", models.JSONField(default=dict)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "environment",
                    models.ForeignKey(
                        help_text="empty: the whole Dojo",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to="interactions.environment",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="NotificationChannel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("email", "E-mail"), ("service", "Service"), ("webhook", "Webhook")], max_length=10
                    ),
                ),
                ("label", models.CharField(help_text="for pages: no secret part of the address", max_length=100)),
                (
                    "address",
                    models.TextField(blank=True, help_text="encrypted; empty: the member's own e-mail address"),
                ),
                ("secret", models.TextField(blank=True, help_text="encrypted; signs what is sent to a webhook")),
                ("events", models.JSONField(default=list, help_text="names of events")),
                ("is_weekly", models.BooleanField(default=False, help_text="gets the weekly summary")),
                ("is_paused", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_channels",
                        to="interactions.environment",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_channels",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="NotificationDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("sent", "Sent"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("result", models.CharField(blank=True, help_text="why the last attempt failed", max_length=300)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="interactions.notificationchannel",
                    ),
                ),
                (
                    "notification",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="interactions.notification",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="NotificationRules",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quiet_minutes", models.PositiveIntegerField(default=60, help_text="without live records")),
                ("refused_percent", models.PositiveSmallIntegerField(default=5, help_text="of the records sent")),
                (
                    "environment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_rules",
                        to="interactions.environment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ScheduledRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("writing", "Writing"),
                            ("failed", "Failed"),
                            ("done", "Done"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("live_from", models.DateTimeField(null=True)),
                ("live_until", models.DateTimeField()),
                ("claim", models.CharField(blank=True, max_length=32)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("records", models.PositiveBigIntegerField(default=0)),
                ("size", models.PositiveBigIntegerField(default=0, help_text="bytes")),
                ("files", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                (
                    "next_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, help_text="when a failed run is tried again"
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("heartbeat_at", models.DateTimeField(null=True)),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="interactions.exportschedule",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ScheduledImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("import_id", models.BigIntegerField()),
                ("records", models.PositiveBigIntegerField(default=0, help_text="written")),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imports",
                        to="interactions.exportschedule",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imports",
                        to="interactions.scheduledrun",
                    ),
                ),
            ],
            options={
                "ordering": ["import_id"],
            },
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["environment", "-id"], name="interaction_environ_1d98b9_idx"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["at"], name="interaction_at_018338_idx"),
        ),
        migrations.AddConstraint(
            model_name="notificationchannel",
            constraint=models.UniqueConstraint(
                condition=models.Q(("user__isnull", False)),
                fields=("environment", "user", "kind"),
                name="own_channel_once",
            ),
        ),
        migrations.AddIndex(
            model_name="notificationdelivery",
            index=models.Index(fields=["state", "next_at"], name="interaction_state_c31e63_idx"),
        ),
        migrations.AddConstraint(
            model_name="notificationdelivery",
            constraint=models.UniqueConstraint(fields=("notification", "channel"), name="delivered_once"),
        ),
        migrations.AddConstraint(
            model_name="scheduledrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "done"), _negated=True), fields=("schedule",), name="one_open_run_each"
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledimport",
            constraint=models.UniqueConstraint(fields=("schedule", "import_id"), name="import_exported_once"),
        ),
    ]
