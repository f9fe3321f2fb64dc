"""Notifications with the folders, the queue and the Redis of the import's tests, and receivers on loopback."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings as current

from dojo import mail
from interactions.models import Environment
from tests.ingest.imports.conftest import folders, house

from .receivers import Hook, Mailbox, mail_server, webhook

__all__ = ["folders", "house"]


@pytest.fixture
def environment(db: None) -> Environment:
    return Environment.objects.get(slug="production")


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    """A mail server that EMAIL_URL names."""
    with mail_server() as box:
        settings.SENDS_MAIL = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        for name, value in mail.server(f"smtp://127.0.0.1:{box.port}").items():
            setattr(settings, name, value)
        yield box


@pytest.fixture
def hook() -> Iterator[Hook]:
    with webhook() as server:
        yield server


@pytest.fixture
def ring(redis_server: str) -> None:
    """An empty ring of calls."""
    with redis.Redis.from_url(current.REDIS_URL) as client:
        client.flushdb()
