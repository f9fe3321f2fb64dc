"""Who is logged in."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests import cast


@pytest.fixture
def owner(client: Client) -> User:
    """An owner, with whom ``client`` is logged in."""
    user = cast.owner()
    client.force_login(user)
    return user


@pytest.fixture
def viewer(db: None, client: Client) -> Client:
    client.force_login(cast.viewer())
    return client


@pytest.fixture
def analyst(db: None, client: Client) -> Client:
    client.force_login(cast.analyst())
    return client


@pytest.fixture
def importer(client: Client) -> User:
    """Somebody who may import, with whom ``client`` is logged in."""
    user = cast.analyst("analyst")
    client.force_login(user)
    return user


@pytest.fixture
def onlooker(client: Client) -> User:
    """Somebody who may only look, with whom ``client`` is logged in."""
    user = cast.viewer("reader")
    client.force_login(user)
    return user
