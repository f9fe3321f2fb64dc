"""Celery as the scheduler needs it: tasks are sent by name, so none of the code behind them is loaded."""

from celery import Celery

app = Celery("dojo")
app.config_from_object("django.conf:settings", namespace="CELERY")
