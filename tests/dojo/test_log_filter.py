"""What goes wrong again and again fills no log."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings

from dojo import log_filter
from dojo.log_filter import OnceAMinute


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_000.0]
    monkeypatch.setattr(log_filter.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def lines(clock: list[float]) -> Iterator[list[str]]:
    said: list[str] = []
    handler = logging.Handler()
    handler.addFilter(OnceAMinute())
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("tests.again")
    logger.propagate, logger.level = False, logging.INFO
    logger.addHandler(handler)
    yield said
    logger.removeHandler(handler)


def again(times: int, *said: object, level: int = logging.WARNING, **more: object) -> None:
    for _ in range(times):
        logging.getLogger("tests.again").log(level, *said, **more)  # type: ignore[arg-type]


def test_a_warning_is_said_once_a_minute_and_then_how_often_it_was_not(lines: list[str], clock: list[float]) -> None:
    again(40, "The inbox of %s waits", "production")
    again(2, "The inbox of %s waits", "playground")
    clock[0] += 59
    again(1, "The inbox of %s waits", "production")
    assert lines == ["The inbox of production waits", "The inbox of playground waits"]
    clock[0] += 1
    again(3, "The inbox of %s waits", "production")
    assert lines[2:] == ["The inbox of production waits (and 40 more times since)"]


def test_what_is_no_trouble_and_what_fails_in_another_way_is_said_each_time(lines: list[str]) -> None:
    again(3, "An import is done", level=logging.INFO)
    for error in (ValueError("a"), KeyError("b"), ValueError("c")):
        try:
            raise error
        except Exception:  # noqa: BLE001 - it is looked at as it is
            again(1, "It failed", exc_info=sys.exc_info())
    assert lines == ["An import is done"] * 3 + ["It failed"] * 2


def test_a_line_that_cannot_be_formed_stops_nobody(lines: list[str]) -> None:
    record = logging.LogRecord("tests.again", logging.ERROR, __file__, 1, "%d", ("a",), None)
    assert OnceAMinute().filter(record)


def test_different_lines_without_end_take_a_bounded_memory(clock: list[float]) -> None:
    filter = OnceAMinute()
    for number in range(5_000):
        filter.filter(logging.LogRecord("a", logging.ERROR, __file__, 1, "%d", (number,), None))
    assert len(filter._said) <= log_filter._MOST


def test_the_product_logs_through_it() -> None:
    logged = settings.LOGGING
    assert all("repeats" in handler["filters"] for handler in logged["handlers"].values())
    assert logged["filters"]["repeats"]["()"] == "dojo.log_filter.OnceAMinute"
