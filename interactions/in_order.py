"""Make things in several threads and yield them in order, for work that releases Python's lock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Final, TypeVar, cast

Thing = TypeVar("Thing")
Made = TypeVar("Made")

_END: Final = object()


def in_order(
    make: Callable[[Thing], Made],
    things: Iterable[Thing],
    threads: int,
    *,
    one_by_one: Callable[[], bool] = lambda: False,
) -> Generator[Made, None, None]:
    """What ``make`` makes of each thing, in order: by ``threads``, from when ``one_by_one`` is false for good.

    One thing more than there are threads is made in advance, so that memory is limited. One thread is the caller's own,
    and nothing is made in advance. Raises what ``make`` and ``things`` raise, in their place.
    """
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="in order") as pool:
        try:
            for thing in things:
                if threads == 1 or one_by_one():
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


def in_advance(things: Generator[Thing, None, None]) -> Generator[Thing, None, None]:
    """The same things. A thread makes the next one while the caller works on the last.

    Raises what ``things`` raises, in its place.
    """
    with closing(things), ThreadPoolExecutor(1, thread_name_prefix="in advance") as pool:
        coming = pool.submit(next, things, _END)
        while (thing := coming.result()) is not _END:
            coming = pool.submit(next, things, _END)
            yield cast(Thing, thing)
