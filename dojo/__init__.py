"""The Django project: settings, Celery and URLs. Code about interactions is in the app ``interactions``."""

from dojo.celery import app as celery_app

__all__ = ["celery_app"]
