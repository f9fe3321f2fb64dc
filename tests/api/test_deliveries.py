"""What the Live page is told of a call."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.test import Client

from tests.api.conftest import ADDRESS


def test_a_call_is_told_with_its_client_its_key_and_its_answer(
    post: Callable[..., HttpResponse], told: list[Any]
) -> None:
    post({"data": [{"type": "like"}, {}]}, headers={"User-Agent": "miso-sdk-python/1.1"})
    (delivery,) = told
    assert (delivery.environment, delivery.key_name, delivery.client) == ("production", "Pipeline", "miso-sdk-python")
    assert (delivery.status, delivery.records, len(delivery.lines)) == (422, 2, 1)
    assert delivery.body.startswith(b'{"data"')


def test_a_call_without_a_known_key_belongs_nowhere(client: Client, told: list[Any], db: None) -> None:
    client.post(f"{ADDRESS}?api_key=wrong", "{}", content_type="application/json")
    assert told == []
