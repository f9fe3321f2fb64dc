"""Celery, configured by the ``CELERY_`` names in the settings."""

import os

from celery import Celery

from dojo.heartbeat import Heartbeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dojo.settings")

app = Celery("dojo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add(Heartbeat)
