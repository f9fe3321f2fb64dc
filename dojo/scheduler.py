"""Celery for the scheduler: tasks are sent by name, so that their code isn't loaded."""

from celery import Celery

app = Celery("dojo")
app.config_from_object("django.conf:settings", namespace="CELERY")
