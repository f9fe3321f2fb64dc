"""Dojo's own settings, with pins in its processes."""

from dojo.settings import *  # noqa: F403
from dojo.settings import CELERY_BEAT_SCHEDULE, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.kills.pins.Pins"]
CELERY_BEAT_SCHEDULE["compact_lakes"] |= {"schedule": 5.0}  # nobody waits a minute to see it go on
