"""One id goes with a request: into its answer, its lines of the log and its tasks; and no address into any line."""

from __future__ import annotations

import json
import logging
import os
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery.signals import before_task_publish, task_postrun, task_prerun
from django.http import HttpRequest, HttpResponse

from dojo import request_id
from dojo.log_format import JsonLine, PlainLine, as_json
from dojo.output import Output
from dojo.request_id import ENVIRON, RequestIds, id_of
from tests.processes import Dojo, wait_for
from tests.web_server import Server

GIVEN = "3f0c9a6e-51a0-4c9e-b7d3-0d1f6a2b8c11"


def request(**meta: str) -> HttpRequest:
    made = HttpRequest()
    made.META.update(meta)
    return made


@pytest.mark.parametrize("given", [GIVEN, "deadbeef", "a" * 64, "web-1_000042"])
def test_a_well_formed_id_is_taken(given: str) -> None:
    assert id_of({"HTTP_X_REQUEST_ID": given}) == given


@pytest.mark.parametrize(
    "given", ["", "short", "a" * 65, "ann@example.com", "two words", "new\nline00", "é" * 12, "a.b.c.d.e"]
)
def test_any_other_is_replaced(given: str) -> None:
    made = id_of({"HTTP_X_REQUEST_ID": given})
    assert made != given
    assert len(made) == 32


def test_the_id_holds_for_as_long_as_the_request() -> None:
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request_id.current())
        return HttpResponse()

    RequestIds(view)(request(HTTP_X_REQUEST_ID=GIVEN))
    RequestIds(view)(request(**{ENVIRON: "of-the-gateway"}))
    assert seen == [GIVEN, "of-the-gateway"]
    assert request_id.current() == ""


@pytest.mark.slow
def test_every_answer_of_the_web_server_has_one(web_server: Server) -> None:
    for method, address in (
        ("GET", "/healthz"),
        ("GET", "/static/nothing"),
        ("POST", "/v1/interactions"),
        ("GET", "/x/"),
    ):
        assert web_server.ask(method, address, X_Request_ID=GIVEN).getheader("X-Request-ID") == GIVEN
    made = {web_server.ask("GET", "/healthz").getheader("X-Request-ID") for _ in range(3)}
    assert len(made) == 3
    assert all(len(each or "") == 32 for each in made)


@pytest.mark.slow
def test_web_and_worker_of_the_product_name_the_same_request(dojo: Dojo) -> None:
    key = dojo.manage("create_api_key", "--environment", "development", "--kind", "secret").splitlines()[-1]
    given = f"tests-{os.getpid()}-{time.time_ns()}"
    call = urllib.request.Request(
        f"{dojo.url}/v1/interactions?api_key={key}",
        json.dumps({"data": {"user_ids": ["somebody"]}}).encode(),
        {"Content-Type": "application/json", "X-Request-ID": given},
        method="DELETE",
    )
    with urllib.request.urlopen(call, timeout=30) as answer:
        assert answer.headers["X-Request-ID"] == given
    log = dojo.data_dir / "logs" / "dojo.log"

    def said() -> list[str]:
        return [line for line in log.read_text().splitlines() if line.endswith(f"[{given}]")]

    wait_for(lambda: any("are verified" in line for line in said()), seconds=60, because=log.read_text)
    processes = {line.split(" | ")[0].split()[-1]: line for line in said()}
    assert set(processes) == {"web", "worker"}
    assert "are hidden" in processes["web"]
    assert key not in log.read_text()


class Task:
    """A task as Celery hands it to its signals."""

    def __init__(self, **headers: str) -> None:
        self.request = headers


def test_a_task_carries_the_id_of_who_asked_for_it_and_hands_it_on() -> None:
    sent: dict[str, Any] = {}
    with request_id.working_on(GIVEN):
        before_task_publish.send("task", headers=sent)
    task_prerun.send("task", task_id="of-the-task", task=Task(**sent))
    onward: dict[str, Any] = {}
    before_task_publish.send("task", headers=onward)
    assert (request_id.current(), onward) == (GIVEN, sent)
    task_postrun.send("task", task_id="of-the-task", task=Task(**sent))
    assert request_id.current() == ""


def test_a_task_that_nobody_asked_for_goes_by_its_own_id() -> None:
    task_prerun.send("task", task_id="of-the-task", task=Task())
    assert request_id.current() == "of-the-task"
    task_postrun.send("task", task_id="of-the-task", task=Task())


@pytest.fixture
def lines() -> Iterator[Callable[[logging.Formatter], list[str]]]:
    """What a logger's lines are in a format."""
    said: list[str] = []
    logger = logging.getLogger("tests.format")
    logger.propagate = False
    handlers: list[logging.Handler] = []

    def begin(formatter: logging.Formatter) -> list[str]:
        handler = logging.Handler()
        handler.setFormatter(formatter)
        handler.emit = lambda record: said.append(handler.format(record))  # type: ignore[method-assign]
        logger.addHandler(handler)
        handlers.append(handler)
        return said

    yield begin
    for handler in handlers:
        logger.removeHandler(handler)


def test_a_line_of_json_says_what_happened_and_in_which_request(lines: Callable[..., list[str]]) -> None:
    said = lines(JsonLine())
    logger = logging.getLogger("tests.format")
    with request_id.working_on(GIVEN):
        logger.warning("The inbox of %s waits", "production")
    try:
        raise ValueError("broken")
    except ValueError:
        logger.exception("It failed", extra={"request_id": "of-the-loop"})
    first, second = map(json.loads, said)
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "WARNING", "logger": "tests.format", "message": "The inbox of production waits", "request_id": GIVEN,
    }  # fmt: skip
    assert second["request_id"] == "of-the-loop"
    assert second["error"].endswith("ValueError: broken")
    assert "\n" not in said[1]


def test_a_line_for_people_names_the_request_at_its_end(lines: Callable[..., list[str]]) -> None:
    said = lines(PlainLine())
    with request_id.working_on(GIVEN):
        logging.getLogger("tests.format").warning("It waits")
    logging.getLogger("tests.format").warning("It waits")
    assert said[0].endswith(f"WARNING tests.format: It waits [{GIVEN}]")
    assert said[1].endswith("WARNING tests.format: It waits")


def test_a_refused_request_says_its_status_and_no_query(client: Any, lines: Callable[..., list[str]]) -> None:
    said: list[str] = []
    handler = logging.Handler()
    handler.setFormatter(JsonLine())
    handler.emit = lambda record: said.append(handler.format(record))  # type: ignore[method-assign]
    logging.getLogger("django.request").addHandler(handler)
    try:
        client.get("/nowhere/at/all/?user=ann@example.com", headers={"X-Request-ID": GIVEN})
    finally:
        logging.getLogger("django.request").removeHandler(handler)
    found = json.loads(said[0])
    assert (found["status"], found["request_id"]) == (404, GIVEN)
    assert "ann" not in said[0]


def test_lines_of_all_processes_are_json_also_where_they_are_not(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output(tmp_path / "dojo.log", is_json=True)
    output.only_to_log = True
    output.say("web", json.dumps({"time": "now", "level": "INFO", "message": "as it was"}))
    output.say("web", "{not json")
    output.note("supervisor", "spawned")
    found = [json.loads(line) for line in (tmp_path / "dojo.log").read_text().splitlines()]
    assert found[0] == {"process": "web", "time": "now", "level": "INFO", "message": "as it was"}
    assert [(line["process"], line["message"]) for line in found[1:]] == [
        ("web", "{not json"),
        ("supervisor", "spawned"),
    ]
    assert json.loads(as_json("web", '{"a": 1}'))["message"] == '{"a": 1}'
