"""A small shop, and calls that ask for its reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from interactions.access import keys
from interactions.models import ApiKey, Environment
from tests.lakes import append, record

Scope = ApiKey.Scope
Ask = Callable[..., HttpResponse]


@pytest.fixture
def key(production: Environment) -> Callable[..., str]:
    def make(*scopes: Scope) -> str:
        return keys.create(production, kind=ApiKey.Kind.SECRET, name="Reader", scopes=scopes)[1]

    return make


@pytest.fixture
def ask(client: Client, key: Callable[..., str]) -> Ask:
    """Ask for a report with a key that may read."""
    text = key(Scope.READ)

    def get(name: str, query: str = "", **headers: str) -> HttpResponse:
        return client.get(f"/v1/reports/{name}?{query}", headers={"X-API-KEY": text, **headers})

    return get


@pytest.fixture
def shop(db: None) -> None:
    ann = {"user_id": "ann", "region": "Kent", "page_url": "https://shop.example/a?b=1"}
    bob = {"user_id": "bob", "region": "Bath", "anonymous_id": "device", "campaign_source": "=cmd()"}
    append(
        [
            record("search", "2024-01-01T10:00:00Z", keywords="tent", **ann),
            record("product_detail_page_view", "2024-01-01T10:01:00Z", product_ids=["p1"], **ann),
            record("checkout", "2024-01-02T10:05:00Z", product_ids=["p1"], revenue=10.0, **ann),
            record("checkout", "2024-01-04T23:30:00Z", product_ids=["p2"], revenue=2.5, **bob),
        ]
    )


def rows(answer: HttpResponse) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return answer.json()["rows"]
