"""A pool with a thread per core."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from dojo.cores import cores

Found = TypeVar("Found")


def in_threads(work: Callable[[Any], Found], given: Iterable[Any]) -> list[Found]:
    """The results of ``work`` for each of ``given``. ``work`` must not wait for threads itself."""
    return list(_threads().map(work, given))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), "look")


os.register_at_fork(after_in_child=_threads.cache_clear)  # the threads exist only in the parent
