"""Celery, configured by the ``CELERY_`` names in the settings."""

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import worker_process_init

from dojo import broker, memory, request_id
from dojo.heartbeat import Heartbeat

# Celery warns about workers running as root because of pickled tasks; ours are all JSON.
warnings.filterwarnings("ignore", category=SecurityWarning)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dojo.settings")

broker.install()
memory.share_pool()
request_id.connect()
app = Celery("dojo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add(Heartbeat)
worker_process_init.connect(lambda **_: memory.keep_freed(), weak=False)
