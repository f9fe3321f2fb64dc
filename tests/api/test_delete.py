"""DELETE and _delete: people are hidden before the answer, by requests that are kept."""

import json
from typing import Any

import pytest
from celery import current_app
from django.test import Client

from interactions.models import ActivityEntry, DeletionRequest, Environment
from tests.api.conftest import ADDRESS


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that were asked for."""
    asked: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: asked.append(name))
    return asked


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("delete", ADDRESS, {"user_ids": ["ann", "bob", "ann"]}),
        ("post", f"{ADDRESS}/_delete", {"data": {"user_ids": ["ann", "bob"]}}),
    ],
)
def test_people_are_hidden_when_the_answer_comes(
    client: Client, secret: str, production: Environment, queue: list[str], method: str, path: str, body: Any
) -> None:
    answer = getattr(client, method)(f"{path}?api_key={secret}", json.dumps(body), content_type="application/json")
    assert answer.status_code == 200
    assert list(answer.json()) == ["message"]
    request = DeletionRequest.objects.get()
    assert (request.environment, request.people, request.state) == (production, 2, DeletionRequest.State.HIDDEN)
    assert len(queue) == 1


def test_the_activity_log_says_which_key_asked_and_from_where(
    client: Client, secret: str, production: Environment
) -> None:
    client.delete(
        f"{ADDRESS}?api_key={secret}", '{"user_ids": ["ann"]}', content_type="application/json", REMOTE_ADDR="10.0.0.9"
    )
    entries = ActivityEntry.objects.filter(object__startswith="deletion request")
    assert {(entry.actor_kind, entry.address) for entry in entries} == {("key", "10.0.0.9")}
    assert not [entry for entry in entries if "ann" in f"{entry.object}{entry.details}"]


@pytest.mark.parametrize("query", ["&dry_run=1"])
def test_a_dry_run_deletes_nothing(client: Client, secret: str, query: str) -> None:
    answer = client.delete(f"{ADDRESS}?api_key={secret}{query}", '{"user_ids": ["ann"]}')
    assert answer.status_code == 200
    assert not DeletionRequest.objects.exists()


def test_an_empty_list_is_answered_and_deletes_nothing(client: Client, secret: str) -> None:
    assert client.delete(f"{ADDRESS}?api_key={secret}", '{"user_ids": []}').status_code == 200
    assert not DeletionRequest.objects.exists()
