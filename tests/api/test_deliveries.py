"""What the Live page is told of a call."""

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.test import Client

from interactions.ring.body import BODY_BYTES, kept_of
from tests.api.conftest import ADDRESS


def test_a_call_is_told_with_its_client_its_key_and_its_answer(
    post: Callable[..., HttpResponse], told: list[Any]
) -> None:
    post({"data": [{"type": "like"}, {}]}, headers={"User-Agent": "miso-sdk-python/1.1"})
    (delivery,) = told
    assert (delivery.environment, delivery.key_name, delivery.client) == ("production", "Pipeline", "miso-sdk-python")
    assert (delivery.status, delivery.records, len(delivery.lines)) == (422, 2, 1)
    assert delivery.body.startswith(b'{"data"')


def test_of_a_large_call_its_beginning_is_told_and_how_large_it_was(
    post: Callable[..., HttpResponse], told: list[Any]
) -> None:
    records = [{"type": "like", "user_id": f"user {number}"} for number in range(5000)]
    assert post({"data": records}).status_code == 200
    (delivery,) = told
    _, sent = kept_of(delivery)
    assert sent is not None and sent.is_cut
    assert len(delivery.body) == BODY_BYTES < sent.size
    assert 1000 < len(sent.records) < 5000


def test_a_call_is_told_with_why_it_was_refused(post: Callable[..., HttpResponse], told: list[Any]) -> None:
    answer = post(b'{"data":')
    (delivery,) = told
    assert delivery.reason == json.loads(answer.content)["message"]
    assert "it ends too early" in delivery.reason


def test_a_call_without_a_known_key_belongs_nowhere(client: Client, told: list[Any], db: None) -> None:
    client.post(f"{ADDRESS}?api_key=wrong", "{}", content_type="application/json")
    assert told == []
