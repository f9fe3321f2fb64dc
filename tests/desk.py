"""What the tests of the pages of deletion requests have in common: who is logged in, and the steps of a request."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from interactions.models import DeletionRequest
from tests.privacy.people import ANN

from . import cast

LIST = "/production/privacy/requests/"
NEW = f"{LIST}new/"
State = DeletionRequest.State


@pytest.fixture
def petra(client: Client, db: None) -> User:
    """A privacy admin, logged in."""
    user = cast.privacy_admin()
    client.force_login(user)
    return user


def taken_in(client: Client, ids: str = ANN, **given: object) -> DeletionRequest:
    """A request by way of the form."""
    answer = client.post(NEW, {"ids": ids, **given})
    assert answer.status_code == 302, answer.content.decode()
    return DeletionRequest.objects.get(pk=int(answer["Location"].split("/")[-2]))


def page(request: DeletionRequest, step: str = "") -> str:
    return f"{LIST}{request.pk}/{step}"


def post(client: Client, request: DeletionRequest, step: str, **given: object) -> DeletionRequest:
    assert client.post(page(request, f"{step}/"), given).status_code == 302
    request.refresh_from_db()
    return request
