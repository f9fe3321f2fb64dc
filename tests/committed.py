"""A database in which everything is committed, for code whose own threads or processes have to see it."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from interactions.models import Environment


def _empty() -> None:
    """Remove all rows but the environments. Past the models, as the activity log's refuses; its keys are deferred."""
    with transaction.atomic(), connection.cursor() as cursor:
        for model in apps.get_app_config("interactions").get_models():
            if model is not Environment:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")
    User.objects.all().delete()


# As "db", so that pytest-django makes the database for a test that asks for this alone.
@pytest.fixture(name="db")
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The rows that a test made go afterwards; unlike after a flush, the environments stay for those who follow."""
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            _empty()
            connection.close()


@pytest.fixture
def production(db: None) -> Environment:
    return Environment.objects.get_or_create(slug="production", defaults={"name": "Production"})[0]
