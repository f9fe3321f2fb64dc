"""A database in which everything is committed, for code whose own threads or processes have to see it."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from interactions.models import (
    ApiKey,
    Connection,
    DeletionRequest,
    Environment,
    IdentityKey,
    InboxBatch,
    InboxEntry,
    RequestedLetter,
)

_MADE = (
    InboxEntry,
    InboxBatch,
    ApiKey,
    Connection,
    RequestedLetter,
    DeletionRequest,
    IdentityKey,
    User,
)  # by the tests that use this, and what goes with them


# As "db", so that pytest-django makes the database for a test that asks for this alone.
@pytest.fixture(name="db")
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The rows that a test made go afterwards; unlike after a flush, the environments stay for those who follow."""
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            for model in _MADE:
                model.objects.all().delete()
            with connection.cursor() as cursor:  # past the model, which refuses
                cursor.execute("DELETE FROM interactions_activityentry")
            connection.close()


@pytest.fixture
def production(db: None) -> Environment:
    return Environment.objects.get_or_create(slug="production", defaults={"name": "Production"})[0]
