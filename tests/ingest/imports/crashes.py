"""Tasks that end in the middle, as a process does that is killed: no handler of theirs runs, no word is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from deltalake import DeltaTable

from interactions.ingest.imports import commit, load, plan, storage
from interactions.warehouse.lake import Lake

from .house import House, Task


class Killed(BaseException):
    """No Exception, so that nothing takes it for a failure that it may answer."""


@dataclass(frozen=True)
class Moment:
    """Before or after one step of a task."""

    owner: Any
    step: str
    after: bool = True

    def __repr__(self) -> str:
        owner = getattr(self.owner, "__name__", "").rpartition(".")[2]
        return f"{'after' if self.after else 'before'} {owner}.{self.step}"


PLANNING = [Moment(plan, "_unpack"), Moment(plan, "_save", after=False), Moment(plan, "_save")]
READING = [Moment(load, "_read", after=False), Moment(load, "_read"), Moment(load, "_done")]
COMMITTING = [
    Moment(commit, "_mend"),
    Moment(commit, "collect"),
    Moment(commit, "_sift"),
    Moment(Lake, "append", after=False),
    Moment(DeltaTable, "create_write_transaction", after=False),
    Moment(Lake, "append"),
    Moment(commit, "_end", after=False),
    Moment(commit, "_end"),
    Moment(storage, "tidy", after=False),
]


@contextmanager
def interrupted(moment: Moment, by: Callable[[], Any]) -> Iterator[None]:
    """Have ``by`` called at ``moment``, the first time that it comes."""
    step = getattr(moment.owner, moment.step)
    called: list[bool] = []

    def once() -> None:
        if not called:
            called.append(True)
            by()

    def wrapped(*arguments: Any, **more: Any) -> Any:
        if not moment.after:
            once()
        answer = step(*arguments, **more)
        if moment.after:
            once()
        return answer

    with patch.object(moment.owner, moment.step, wrapped):
        yield


def kill() -> None:
    raise Killed


def do_and_die(house: House, task: Task, moment: Moment) -> None:
    """Do a task, which dies at ``moment`` where that comes."""
    with interrupted(moment, kill):
        try:
            house.do(task)
        except Killed:
            pass
