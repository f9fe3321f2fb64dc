"""miso-sdk, the client for Python as it is published, with only its host changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.clients.conftest import Api

pytestmark = pytest.mark.slow

Make = Callable[..., dict[str, Any]]
VIEW = {"type": "product_detail_page_view", "product_ids": ["SKU-1"]}


def test_ten_thousand_records_go_in_with_one_call(api: Api, python_client: Make) -> None:
    records = [{**VIEW, "user_id": "python-many", "duration": number} for number in range(10_000)]
    answer = python_client("upload", data=records)
    assert answer == {"status": 200, "answer": {"errors": False, "message": "success"}}
    rows = api.wait_for("python-many", 10_000)
    assert {row["duration"] for row in rows} == set(range(10_000))


def test_a_bad_upload_raises_with_a_line_for_each_fault_and_stores_nothing(api: Api, python_client: Make) -> None:
    records = [
        {**VIEW, "user_id": "python-bad"},
        {"type": "page_view", "user_id": "python-bad"},
        {**VIEW, "user_id": "python-bad", "rating": 4, "timestamp": "yesterday"},
    ]
    answer = python_client("upload", data=records)
    assert answer["status"] == 422
    assert answer["answer"]["errors"] is True
    assert [line.split(" ")[0] for line in answer["answer"]["data"]] == [
        "data.1.type",
        "data.2.rating",
        "data.2.timestamp",
    ]
    assert answer["answer"]["message"] in answer["said"]
    assert api.holds_nothing_of("python-bad")


def test_without_exceptions_a_bad_upload_gives_the_answer_back(python_client: Make) -> None:
    answer = python_client("upload", raises=False, data=[{"type": "page_view"}])["answer"]
    assert answer["errors"] is True and len(answer["data"]) == 1


def test_a_dry_run_answers_alike_and_stores_nothing(api: Api, python_client: Make) -> None:
    good = python_client("dry_run", data=[{**VIEW, "user_id": "python-dry"}])
    assert good == {"status": 200, "answer": {"errors": False, "message": "success"}}
    assert python_client("dry_run", data=[{"type": "page_view"}])["status"] == 422
    assert api.holds_nothing_of("python-dry")


def test_a_key_that_is_not_known_raises_with_a_sentence(python_client: Make) -> None:
    answer = python_client("upload", key="dojo_sk_wrong", data=[VIEW])
    assert answer["status"] == 401
    assert answer["answer"]["message"] in answer["said"]


def test_a_publishable_key_may_not_delete(api: Api, python_client: Make) -> None:
    assert python_client("delete", key=api.publishable, user_ids=["python-gone"])["status"] == 403


def test_a_delete_takes_a_person_out_and_leaves_the_others(api: Api, python_client: Make) -> None:
    people = ("python-gone", "python-stays")
    assert python_client("upload", data=[{**VIEW, "user_id": name} for name in people])["status"] == 200
    for name in people:
        api.wait_for(name, 1)
    answer = python_client("delete", user_ids=["python-gone"])
    assert (answer["status"], list(answer["answer"])) == (200, ["message"])
    api.wait_until_gone("python-gone")
    assert len(api.stored("python-stays")) == 1
