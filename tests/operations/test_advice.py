"""What to do follows from the figures, and nothing is advised where all is well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from interactions.operations.advice import ERASURE_SECONDS, INBOX_SECONDS, INDEX_SECONDS, QUEUE_TASKS, advice
from interactions.operations.environments import EnvironmentFigures
from interactions.operations.machine import DiskFigures, QueueFigures

WELL = dict.fromkeys(("database", "redis", "worker", "inbox", "processes", "clock"), "ok")
ROOMY = DiskFigures(total=1 << 40, free=1 << 39)
QUIET = QueueFigures(waiting=0, in_hand=0)
CALM = EnvironmentFigures(
    slug="production", name="Production", imports={}, records=1, table_version=1, table_files=1, table_bytes=1,
    index_lag_seconds=0, inbox_calls=0, inbox_records=0, inbox_age_seconds=0, set_aside_calls=0, open_requests=0,
    failed_requests=0, request_age_seconds=0, expiring_keys=0, rejected={},
)  # fmt: skip


def test_where_all_is_well_there_is_nothing_to_do() -> None:
    assert advice(WELL, ROOMY, QUIET, [CALM]) == []


@pytest.mark.parametrize(
    ("changed", "words", "is_urgent"),
    [
        ({"inbox_age_seconds": INBOX_SECONDS + 60}, "have waited for 2 minutes", True),
        ({"set_aside_calls": 3}, "couldn't move 3 calls to Production", False),
        ({"index_lag_seconds": INDEX_SECONDS + 60}, "6 minutes behind", True),
        ({"failed_requests": 2}, "2 deletion requests of Production failed", True),
        ({"failed_requests": 1}, "1 deletion request of Production failed", True),
        ({"expiring_keys": 2}, "2 API keys of Production will expire soon", False),
        ({"request_age_seconds": ERASURE_SECONDS + 86400}, "open for 21 days", False),
    ],
)
def test_each_thing_that_can_be_wrong_in_an_environment(changed: dict[str, Any], words: str, is_urgent: bool) -> None:
    (found,) = advice(WELL, ROOMY, QUIET, [replace(CALM, **changed)])
    assert words in found.what
    assert found.is_urgent == is_urgent
    assert found.do.endswith(".")


def test_a_full_disk_and_many_tasks() -> None:
    full, busy = DiskFigures(total=1 << 40, free=1 << 20), QueueFigures(waiting=QUEUE_TASKS + 1, in_hand=4)
    found = advice(WELL, full, busy, [CALM])
    assert [each.is_urgent for each in found] == [True, False]
    assert "disk is nearly full" in found[0].what


@pytest.mark.parametrize("part", WELL)
def test_a_part_that_does_not_answer_comes_first(part: str) -> None:
    found = advice({**WELL, part: "does not answer"}, ROOMY, QUIET, [replace(CALM, set_aside_calls=1)])
    assert found[0].what == f"{part.capitalize()}: does not answer."
    assert len(found) == 2
    assert "dojo.log" not in found[0].do or part == "processes"


def test_what_is_not_known_without_redis_is_said_once() -> None:
    parts = {**WELL, "redis": "does not answer", "worker": "unknown without Redis", "inbox": "unknown without Redis"}
    assert [each.what for each in advice(parts, ROOMY, None, [CALM])] == ["Redis: does not answer."]
