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
