"""Calls of the API as a client makes them, on a database that its threads can write to."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from interactions.access import keys
from interactions.api import deliveries
from interactions.models import ApiKey, Environment, InboxEntry
from tests.committed import committed, production

__all__ = ["committed", "production"]

ADDRESS = "/v1/interactions"


@pytest.fixture
def secret(production: Environment) -> str:
    return keys.create(production, kind=ApiKey.Kind.SECRET, name="Pipeline")[1]


@pytest.fixture
def publishable(production: Environment) -> str:
    return keys.create(production, kind=ApiKey.Kind.PUBLISHABLE, name="Shop")[1]


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the Live page would be told."""
    told: list[Any] = []
    monkeypatch.setattr(deliveries._teller, "tell", told.append)
    return told


@pytest.fixture(autouse=True)
def folders(own_folders: Path) -> None:
    """Each test's table and index are its own."""


@pytest.fixture
def post(client: Client, secret: str) -> Callable[..., HttpResponse]:
    """Post a body, bytes or something to be JSON, with the secret key."""

    def send(body: Any, query: str = "", **more: Any) -> HttpResponse:
        text = body if isinstance(body, bytes) else json.dumps(body)
        more.setdefault("content_type", "application/json")
        return client.post(f"{ADDRESS}?api_key={secret}{query}", text, **more)

    return send


def waiting() -> int:
    """How many records wait in the inbox."""
    return sum(InboxEntry.objects.values_list("records", flat=True))


def records(count: int) -> dict[str, Any]:
    return {"data": [{"type": "like", "user_id": f"user {number}"} for number in range(count)]}
