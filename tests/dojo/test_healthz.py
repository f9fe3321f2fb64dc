"""GET /healthz says whether database, Redis, a worker and the inbox answer, to anybody."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from redis import Redis

from dojo import health, heartbeat
from dojo.supervisor import Process
from dojo.version import version_of
from tests.processes import HOUSE

pytestmark = pytest.mark.django_db

VERSION = version_of(HOUSE)


@pytest.fixture
def client_of_redis(redis_server: str):
    """Redis without any worker's sign of life."""
    with heartbeat.connect() as client:
        client.delete(heartbeat.KEY, heartbeat.INBOX_KEY)
        heartbeat.beat(client, "1@here", heartbeat.INBOX_KEY)
        yield client
        client.delete(heartbeat.KEY, heartbeat.INBOX_KEY)


def beat_ago(client: Redis, seconds: float) -> None:
    """A sign of life as it was given so many seconds ago."""
    heartbeat.beat(client, "one@here")
    client.zincrby(heartbeat.KEY, -seconds, "one@here")


def test_all_is_well_where_all_answer(client: Client, client_of_redis):
    heartbeat.beat(client_of_redis, "one@here")
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "version": VERSION,
        "database": "ok",
        "redis": "ok",
        "worker": "ok",
        "inbox": "ok",
        "processes": "ok",
        "clock": "ok",
    }


def test_the_answer_is_never_kept(client: Client, client_of_redis):
    assert "no-store" in client.get("/healthz")["Cache-Control"]


def test_no_worker_is_named(client: Client, client_of_redis):
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "failing", "version": VERSION,
        "database": "ok", "redis": "ok", "worker": "does not answer", "inbox": "ok",
        "processes": "ok", "clock": "ok",
    }  # fmt: skip


def test_an_inbox_that_is_silent_is_named(client: Client, client_of_redis):
    heartbeat.beat(client_of_redis, "one@here")
    client_of_redis.zincrby(heartbeat.INBOX_KEY, -heartbeat.INBOX_DEAD_AFTER_SECONDS - 0.5, "1@here")
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "failing", "version": VERSION,
        "database": "ok", "redis": "ok", "worker": "ok", "inbox": "does not answer",
        "processes": "ok", "clock": "ok",
    }  # fmt: skip


def test_a_worker_that_was_just_heard_of_counts(client: Client, client_of_redis):
    beat_ago(client_of_redis, heartbeat.EVERY_SECONDS * 1.5)
    assert client.get("/healthz").status_code == 200


def test_a_worker_not_heard_of_for_some_seconds_does_not_count(client: Client, client_of_redis):
    beat_ago(client_of_redis, heartbeat.DEAD_AFTER_SECONDS + 0.5)
    assert client.get("/healthz").json()["worker"] == "does not answer"


def test_a_redis_that_is_gone_is_named(client: Client, settings, tmp_path: Path):
    settings.REDIS_URL = f"unix://{tmp_path}/nothing.sock"
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "failing", "version": VERSION,
        "database": "ok", "redis": "does not answer", "worker": "unknown without Redis",
        "inbox": "unknown without Redis", "processes": "ok", "clock": "ok",
    }  # fmt: skip


def test_a_database_that_is_gone_is_named(client: Client, client_of_redis, monkeypatch: pytest.MonkeyPatch):
    heartbeat.beat(client_of_redis, "one@here")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_migrations RENAME TO elsewhere")
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "does not answer"


def test_a_worker_that_stops_takes_its_sign_back(client_of_redis):
    consumer = SimpleNamespace(hostname="one@here", timer=SimpleNamespace(call_repeatedly=lambda *_: None))
    step = heartbeat.Heartbeat(consumer)
    step.start(consumer)
    assert heartbeat.living_workers(client_of_redis) == ["one@here"]
    step.stop(consumer)
    assert heartbeat.living_workers(client_of_redis) == []


def test_signs_of_workers_long_gone_are_forgotten(client_of_redis):
    beat_ago(client_of_redis, 61)
    heartbeat.beat(client_of_redis, "two@here")
    assert client_of_redis.zrange(heartbeat.KEY, 0, -1) == ["two@here"]


@pytest.mark.parametrize(
    ("process", "state"),
    [
        (Process("inbox", "RUNNING", start=100, stop=0), "ok"),
        (Process("inbox", "STARTING", start=100, stop=0), "ok"),
        (Process("inbox", "STARTING", start=100, stop=99), "ok"),  # it ran well, ended, and was started again at once
        (Process("inbox", "STARTING", start=100, stop=98), "inbox: ends again and again, see logs/dojo.log"),
        (Process("inbox", "BACKOFF", start=100, stop=101), "inbox: ends again and again, see logs/dojo.log"),
        (Process("inbox", "FATAL", start=100, stop=101), "inbox: ends again and again, see logs/dojo.log"),
    ],
)
def test_a_process_that_ends_again_and_again_is_named(
    client: Client, client_of_redis, monkeypatch: pytest.MonkeyPatch, process: Process, state: str
):
    monkeypatch.setattr(health.supervisor, "processes", lambda: [process])
    assert client.get("/healthz").json()["processes"] == state


def test_a_supervisor_that_is_gone_is_named(client: Client, client_of_redis, settings, tmp_path: Path):
    settings.SUPERVISOR_SOCKET = tmp_path / "left behind"
    settings.SUPERVISOR_SOCKET.touch()
    assert client.get("/healthz").json()["processes"] == "does not answer"
