"""Requests are counted by route, method and status, never by address, and added up in Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.http import HttpResponse
from django.test import Client

from dojo import heartbeat, request_times
from dojo.gateway import Door, Gateway
from dojo.request_times import BOUNDS, KEY, ROUTE, RequestKind, RequestTimes


@pytest.fixture
def client_of_redis(redis_server: str) -> Iterator[redis.Redis]:
    with heartbeat.connect() as client:
        client.delete(KEY)
        yield client
        client.delete(KEY)


def environ(route: str = "", method: str = "GET", path: str = "/") -> dict[str, Any]:
    return {ROUTE: route, "REQUEST_METHOD": method, "PATH_INFO": path}


def test_two_processes_add_up(client_of_redis: redis.Redis) -> None:
    one, other = RequestTimes(), RequestTimes()
    for seconds in (0.004, 0.005, 0.3):
        one.observe(environ("overview"), 200, seconds)
    other.observe(environ("overview"), 200, 99.0)
    one.hand_over()
    other.hand_over()
    one.hand_over()
    counts, total = request_times.read(client_of_redis)[RequestKind("overview", "GET", "200")]
    assert counts == [2 if bound == 0.005 else int(bound == 0.5) for bound in BOUNDS] + [1]
    assert total == pytest.approx(99.309)


def test_what_redis_did_not_take_is_handed_over_later(client_of_redis: redis.Redis, settings: Any) -> None:
    times, url = RequestTimes(), settings.REDIS_URL
    times.observe(environ("overview"), 200, 0.1)
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    with pytest.raises(redis.RedisError):
        times.hand_over()
    times.observe(environ("overview"), 200, 0.1)
    settings.REDIS_URL = url
    times.hand_over()
    counts, total = request_times.read(client_of_redis)[RequestKind("overview", "GET", "200")]
    assert (sum(counts), total) == (2, pytest.approx(0.2))


def test_an_address_or_a_method_of_a_strangers_making_is_no_label(client_of_redis: redis.Redis) -> None:
    times = RequestTimes()
    times.observe(environ(path="/people/ann@example.com/"), 404, 0.1)
    times.observe(environ(path="/static/css/dojo.css"), 200, 0.1)
    times.observe(environ("overview", method="ANN|0"), 405, 0.1)
    times.hand_over()
    assert set(request_times.read(client_of_redis)) == {
        RequestKind("unknown", "GET", "404"),
        RequestKind("static", "GET", "200"),
        RequestKind("overview", "other", "405"),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/healthz", "healthz"),
        ("/metrics", "metrics"),
        ("/login/", "login"),
        ("/production/", "overview"),
        ("/admin/login/", "admin:login"),
        ("/v1/interactions", "api_interactions"),
        ("/v1/interactions/_delete", "api_deletion"),
        ("/nowhere/ann/", None),
    ],
)
def test_each_request_says_its_route(client: Client, redis_server: str, path: str, route: str | None) -> None:
    answer = client.get(path)
    assert answer.wsgi_request.environ.get(ROUTE) == route


def test_the_gateway_tells_of_every_answer() -> None:
    told: list[tuple[str, int, bool]] = []

    def application(environ: dict[str, Any], start_response: Any) -> HttpResponse:
        raise RuntimeError("a fault")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        pass

    gateway = Gateway(
        application, [Door("", 1_000)],
        lambda environ, status, seconds: told.append((environ["PATH_INFO"], status, seconds >= 0)),
    )  # fmt: skip
    scope = {
        "type": "http", "method": "GET", "path": "/x", "raw_path": b"/x", "query_string": b"", "headers": [],
        "http_version": "1.1", "scheme": "http",
    }  # fmt: skip
    with ThreadPoolExecutor(1) as thread:  # a test before may have left a running loop in this one
        thread.submit(asyncio.run, gateway(scope, receive, send)).result()
    assert told == [("/x", 500, True)]
