"""Things made in advance are the same things."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from interactions.in_order import in_advance

WAIT = 30.0  # seconds


def counting(most: int, closed: list[bool]) -> Generator[int, None, None]:
    try:
        yield from range(most)
    finally:
        closed.append(True)


def test_they_come_in_order() -> None:
    assert list(in_advance(counting(5, []))) == [0, 1, 2, 3, 4]


def test_nothing_comes_of_nothing() -> None:
    assert list(in_advance(counting(0, []))) == []


def test_the_next_one_is_made_before_it_is_asked_for() -> None:
    is_made = threading.Event()

    def things() -> Generator[int, None, None]:
        yield 1
        is_made.set()
        yield 2

    made = in_advance(things())
    assert next(made) == 1
    assert is_made.wait(WAIT)
    assert list(made) == [2]


def test_what_they_raise_comes_after_those_before() -> None:
    def things() -> Generator[int, None, None]:
        yield 1
        raise LookupError

    made = in_advance(things())
    assert next(made) == 1
    with pytest.raises(LookupError):
        next(made)


def test_who_stops_in_the_middle_closes_them() -> None:
    closed: list[bool] = []
    made = in_advance(counting(5, closed))
    next(made)
    made.close()
    assert closed == [True]
