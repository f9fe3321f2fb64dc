"""GET /metrics is open to this machine and to whoever has the token; proxies on this machine open it to nobody."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

TOKEN = "a token of forty characters or thereabouts"


def ask(client: Client, **more: Any) -> int:
    return client.get("/metrics", **{"HTTP_HOST": "127.0.0.1:8000", **more}).status_code


@pytest.mark.parametrize(
    ("address", "host"),
    [("127.0.0.1", "127.0.0.1:8000"), ("127.0.0.9", "localhost"), ("::1", "[::1]:8000"), ("127.0.0.1", "localhost:80")],
)
def test_a_program_on_this_machine_may_ask(client: Client, redis_server: str, address: str, host: str) -> None:
    assert ask(client, REMOTE_ADDR=address, HTTP_HOST=host) == 200


@pytest.mark.parametrize("address", ["10.0.0.7", "192.168.1.2", "2001:db8::1", ""])
def test_another_machine_may_not(client: Client, address: str) -> None:
    answer = client.get("/metrics", HTTP_HOST="127.0.0.1", REMOTE_ADDR=address)
    assert (answer.status_code, b"METRICS_TOKEN" in answer.content) == (403, True)


@pytest.mark.parametrize(
    "header", ["X_FORWARDED_FOR", "X_FORWARDED_PROTO", "FORWARDED", "X_REAL_IP", "VIA"]
)  # fmt: skip
def test_a_proxy_on_this_machine_opens_it_to_nobody(client: Client, header: str) -> None:
    assert ask(client, **{f"HTTP_{header}": "127.0.0.1"}) == 403


def test_nor_does_one_that_passes_on_nothing_but_the_host(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["dojo.example.com"]
    assert ask(client, HTTP_HOST="dojo.example.com") == 403


def test_whoever_has_the_token_may_ask_from_anywhere(client: Client, redis_server: str, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    away = {"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": "10.0.0.9"}
    assert ask(client, HTTP_AUTHORIZATION=f"Bearer {TOKEN}", **away) == 200
    for wrong in (f"Bearer {TOKEN}x", "Bearer ", TOKEN, f"Basic {TOKEN}", "Bearer tokén"):
        assert ask(client, HTTP_AUTHORIZATION=wrong, **away) == 403


def test_without_a_token_in_the_settings_no_token_is_the_right_one(client: Client) -> None:
    assert ask(client, REMOTE_ADDR="10.0.0.7", HTTP_AUTHORIZATION="Bearer ") == 403
