"""Work on a table by several threads: Arrow and DuckDB let go of Python's lock while they do."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Made = TypeVar("Made")


def in_order(
    make: Callable[[Thing], Made], things: Iterable[Thing], threads: int, *, one_by_one: Callable[[], bool]
) -> Generator[Made, None, None]:
    """What ``make`` makes of each thing, in order: by ``threads``, from when ``one_by_one`` is false for good. Raises
    what ``make`` and ``things`` raise, in their place."""
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="table") as pool:
        try:
            for thing in things:
                if one_by_one():
                    yield make(thing)
                    continue
                waiting.append(pool.submit(make, thing))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for each in waiting:
                each.cancel()
