"""What /metrics says is what there is, and it says nothing of whom."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from dojo import heartbeat, request_times, restarts
from dojo.restarts import Restarts
from interactions import privacy
from interactions.ingest.imports.rejects import ERASED
from interactions.ingest.live import calls
from interactions.models import Block, Environment, Import, InboxEntry, Problem
from interactions.operations import environments
from tests.deliveries import delivery
from tests.lakes import append, record
from tests.operations.test_connections import streams_and_pulls
from tests.pages import made
from tests.processes import HOUSE

pytestmark = pytest.mark.django_db

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def production() -> Environment:
    return Environment.objects.get(slug="production")


@pytest.fixture(autouse=True)
def own_folders(settings: Any, tmp_path: Any, redis_server: str) -> Iterator[None]:
    for name in ("lake", "index", "scratch"):
        (tmp_path / name).mkdir()
        setattr(settings, f"{name.upper()}_DIR", tmp_path / name)
    settings.CELERY_TASK_DEFAULT_QUEUE = "tests"  # a worker may be waiting for tasks in the other
    with heartbeat.connect() as client:
        client.delete(request_times.KEY)
        yield
        client.delete(request_times.KEY)


def text(client: Client) -> str:
    answer = client.get("/metrics", HTTP_HOST="127.0.0.1")
    assert answer.status_code == 200, answer.content
    return str(answer.content.decode())


def samples(client: Client) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(text(client)):
        for sample in family.samples:
            found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return found


def of(found: Samples, name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


def test_imports_are_counted_by_state(client: Client) -> None:
    made(Import.State.DONE), made(Import.State.DONE), made(Import.State.FAILED)
    found = samples(client)
    assert of(found, "dojo_imports", environment="production", state="done") == 2
    assert of(found, "dojo_imports", environment="production", state="failed") == 1
    assert of(found, "dojo_imports", environment="playground", state="failed") == 0


def test_the_table_and_how_far_its_index_is_behind(client: Client) -> None:
    append([record(), record()])
    append([record()])
    found = samples(client)
    assert of(found, "dojo_records", environment="production") == 3
    assert of(found, "dojo_table_files", environment="production") == 2
    assert of(found, "dojo_table_version", environment="production") == 2
    assert of(found, "dojo_table_version", environment="playground") == -1
    assert of(found, "dojo_table_bytes", environment="production") > 0
    assert of(found, "dojo_index_lag_seconds", environment="playground") == 0


def test_the_index_lags_by_the_age_of_the_first_commit_that_it_lacks(
    client: Client, production: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        append([record()])
    commits = sorted((environments.Lake("production").folder / "_delta_log").glob("*.json"))
    now = timezone.now().timestamp()
    for age, path in zip((400, 300, 200, 100), commits, strict=True):
        os.utime(path, (now - age, now - age))
    lags = []
    for version in (-1, 0, 2, 3):
        monkeypatch.setattr(environments, "indexed_version", lambda _, version=version: version)
        lags.append(of(samples(client), "dojo_index_lag_seconds", environment="production"))
    assert lags == [pytest.approx(age, abs=30) for age in (400, 300, 100, 0)]


def test_the_inbox_by_depth_and_age(client: Client, production: Environment) -> None:
    now = timezone.now()
    for minutes, records, problem in ((10, 3, ""), (2, 4, ""), (90, 5, "It can't be moved.")):
        at = now - timedelta(minutes=minutes)
        InboxEntry.objects.create(environment=production, received_at=at, records=records, text=b"{}", problem=problem)
    found = samples(client)
    assert of(found, "dojo_inbox_calls", environment="production") == 2
    assert of(found, "dojo_inbox_records", environment="production") == 7
    assert of(found, "dojo_inbox_age_seconds", environment="production") == pytest.approx(600, abs=30)
    assert of(found, "dojo_inbox_set_aside_calls", environment="production") == 1
    assert of(found, "dojo_inbox_age_seconds", environment="playground") == 0


def test_the_oldest_erasure_that_is_not_verified(client: Client, production: Environment) -> None:
    asked = privacy.request(production, ["ann"])
    type(asked).objects.filter(pk=asked.pk).update(hidden_at=timezone.now() - timedelta(hours=1))
    found = samples(client)
    assert of(found, "dojo_deletion_requests_open", environment="production") == 1
    assert of(found, "dojo_erasure_age_seconds", environment="production") == pytest.approx(3600, abs=30)
    type(asked).objects.filter(pk=asked.pk).update(state="verified")
    assert of(samples(client), "dojo_erasure_age_seconds", environment="production") == 0


def rejected(path: str, rule: str, count: int) -> None:
    block = Block.objects.create(of=made(Import.State.DONE_WITH_REJECTS), number=0, start=0, end=1)
    Problem.objects.create(block=block, path=path, rule=rule, count=count, index=0, offset=0, value="ann@example.com")


def test_rejected_records_by_cause_of_which_no_one_names_anybody(client: Client) -> None:
    rejected("timestamp", "It must be a date.", 3)
    rejected("timestamp", "It must be a date.", 4)
    rejected("ann@example.com", "There is no such field.", 5)
    rejected("", "The cell ann@example.com can't be read.", 6)
    rejected("context.custom_context.ann@example.com", "It must be an object.", 7)
    found = samples(client)
    causes = {labels: value for (name, labels), value in found.items() if name == "dojo_rejected_records"}
    assert {(dict(labels)["field"], dict(labels)["rule"]): value for labels, value in causes.items()} == {
        ("timestamp", "It must be a date."): 7,
        ("unknown", ""): 5,
        ("record", ""): 6,
        ("context", "It must be an object."): 7,
    }
    assert "ann" not in text(client)


def test_what_calls_broke_in_the_last_hour_by_cause(client: Client) -> None:
    with heartbeat.connect() as redis:
        kept = list(redis.keys("dojo:live:production:problems:*"))
        if kept:
            redis.delete(*kept)  # of other tests
    lines = [f"data.{number}.timestamp (ann@example.com) is invalid. It must be a date." for number in range(3)]
    lines.append("data.3.ann@example.com is invalid. There is no such field.")
    calls.push([delivery(status=422, records=4, lines=lines)])
    causes = {labels: value for (name, labels), value in samples(client).items() if name == "dojo_live_refused_records"}
    assert {(dict(labels)["field"], dict(labels)["rule"]): value for labels, value in causes.items()} == {
        ("timestamp", "It must be a date."): 3,
        ("unknown", ""): 1,
    }


def test_causes_without_end_are_counted_together(client: Client) -> None:
    for number in range(environments.MOST_CAUSES + 5):
        rejected("timestamp", f"It must be {number}.", 100 - number)
    found = samples(client)
    causes = {labels: value for (name, labels), value in found.items() if name == "dojo_rejected_records"}
    assert len(causes) == environments.MOST_CAUSES + 1
    assert sum(causes.values()) == sum(100 - number for number in range(environments.MOST_CAUSES + 5))


def test_restarts_and_the_tasks_that_wait(client: Client, settings: Any) -> None:
    counted = Restarts(restarts.path_in(settings.SCRATCH_DIR))
    for name in ("worker", "inbox", "worker"):
        counted.count(name)
    with heartbeat.connect() as redis:
        in_hand = redis.hlen("unacked")
        redis.rpush("tests", "1", "2")
        redis.rpush("tests\x06\x163", "3")
        redis.hset("unacked", "of a test", "4")
        try:
            found = samples(client)
        finally:
            redis.delete("tests", "tests\x06\x163")
            redis.hdel("unacked", "of a test")
    assert of(found, "dojo_process_restarts_total", process="worker") == 2
    assert of(found, "dojo_process_restarts_total", process="inbox") == 1
    assert of(found, "dojo_queue_tasks") == 3
    assert of(found, "dojo_queue_tasks_in_hand") == in_hand + 1


def test_restarts_begin_anew_with_each_start(settings: Any) -> None:
    path = restarts.path_in(settings.SCRATCH_DIR)
    Restarts(path).count("worker")
    assert restarts.read(path) == {"worker": 1}
    Restarts(path)
    assert restarts.read(path) == {}


def test_request_times_are_a_histogram(client: Client) -> None:
    environ = {request_times.ROUTE: "overview", "REQUEST_METHOD": "GET", "PATH_INFO": "/production/"}
    for seconds in (0.001, 0.2, 40.0):
        request_times.times.observe(environ, 200, seconds)
    found = samples(client)
    named = {"route": "overview", "method": "GET", "status": "200"}
    assert of(found, "dojo_request_seconds_count", **named) == 3
    assert of(found, "dojo_request_seconds_sum", **named) == pytest.approx(40.201)
    for bound, count in (("0.005", 1), ("0.25", 2), ("+Inf", 3)):
        assert of(found, "dojo_request_seconds_bucket", le=bound, **named) == count


def test_without_redis_all_the_rest_is_there(client: Client, settings: Any, tmp_path: Any) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nothing.sock"
    found = samples(client)
    assert of(found, "dojo_scrape_errors", source="redis") == 1
    assert of(found, "dojo_scrape_errors", source="environments") == 0
    assert of(found, "dojo_up", part="redis") == 0
    assert of(found, "dojo_records", environment="production") == 0
    assert of(found, "dojo_disk_free_bytes") > 0


def test_the_grafana_dashboard_asks_for_metrics_that_there_are(client: Client, settings: Any) -> None:
    rejected(*ERASED, 1)
    calls.push([delivery(status=422, lines=["data.0.type is invalid. It is required."])])
    Restarts(restarts.path_in(settings.SCRATCH_DIR)).count("worker")
    request_times.times.observe({request_times.ROUTE: "login", "REQUEST_METHOD": "GET", "PATH_INFO": "/"}, 200, 0.1)
    streams_and_pulls()
    names = {name for name, _ in samples(client)}
    board = json.loads((HOUSE / "docs" / "grafana.json").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    asked.extend(each["query"] for each in board["templating"]["list"] if each["type"] == "query")
    assert len(asked) > 20
    assert {name for expression in asked for name in re.findall(r"\bdojo_\w+", expression)} <= names
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
