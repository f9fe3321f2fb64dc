"""Whatever goes wrong, the answer is JSON of one shape."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from interactions.api import views
from interactions.ingest import live
from tests.api.conftest import ADDRESS

Post = Callable[..., HttpResponse]


def message_of(answer: HttpResponse) -> str:
    assert answer["Content-Type"] == "application/json"
    assert int(answer["Content-Length"]) == len(answer.content)
    assert list(answer.json()) == ["message"]
    return str(answer.json()["message"])


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/products", "/v1/a/b?c=d"])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "patch"])
def test_an_address_that_is_not_there(client: Client, path: str, method: str) -> None:
    answer = getattr(client, method)(path)
    assert answer.status_code == 404
    assert message_of(answer)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("get", ADDRESS, "POST, DELETE, OPTIONS"),
        ("put", ADDRESS, "POST, DELETE, OPTIONS"),
        ("patch", ADDRESS, "POST, DELETE, OPTIONS"),
        ("get", f"{ADDRESS}/_delete", "POST, OPTIONS"),
        ("delete", f"{ADDRESS}/_delete", "POST, OPTIONS"),
    ],
)
def test_a_method_that_is_not_understood(client: Client, method: str, path: str, allowed: str) -> None:
    answer = getattr(client, method)(path)
    assert answer.status_code == 405
    assert answer["Allow"] == allowed
    assert message_of(answer)


@pytest.mark.parametrize(("method", "path"), [("post", ADDRESS), ("delete", ADDRESS), ("post", f"{ADDRESS}/_delete")])
def test_no_key(client: Client, method: str, path: str) -> None:
    answer = getattr(client, method)(path)
    assert answer.status_code == 401
    assert message_of(answer)


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"{}", b'{"user_ids": "ann"}', b'{"user_ids": [1]}'])
@pytest.mark.parametrize(("method", "path"), [("delete", ADDRESS), ("post", f"{ADDRESS}/_delete")])
def test_a_deletion_that_names_nobody(client: Client, secret: str, method: str, path: str, body: bytes) -> None:
    answer = getattr(client, method)(f"{path}?api_key={secret}", body, content_type="application/json")
    assert answer.status_code == 400
    assert message_of(answer)


def test_a_fault_of_ours(post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def fails(*args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(views, "check_call", fails)
    answer = post({"data": [{"type": "like", "user_id": "ann"}]})
    assert answer.status_code == 500
    reference = message_of(answer).rpartition("reference ")[2][:8]
    assert reference in caplog.text
    assert "dojo_sk" not in caplog.text


def test_records_that_cannot_be_stored_are_not_said_to_be(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(live, "accept", fails)
    answer = post({"data": [{"type": "like"}]})
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert message_of(answer)


def test_refused_calls_do_not_fill_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/v1/nothing")
    assert not caplog.records


def test_a_body_that_breaks_off(client: Client, secret: str) -> None:
    cut: dict[str, Any] = {"wsgi.input": io.BytesIO(b'{"data":'), "CONTENT_LENGTH": "100"}
    answer = client.post(f"{ADDRESS}?api_key={secret}", content_type="text/plain", **cut)
    assert answer.status_code == 400
    assert message_of(answer)
