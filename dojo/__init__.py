"""The project: settings, Celery, addresses. Nothing about interactions lives here."""

from dojo.celery import app as celery_app

__all__ = ["celery_app"]
