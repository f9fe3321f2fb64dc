"""Tasks that end in the middle, as a process does that is killed: no handler of theirs runs, no word is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from deltalake import DeltaTable

from interactions.imports import finishing, loading, planning, storage
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


PLANNING = [Moment(planning, "_unpack"), Moment(planning, "_save", after=False), Moment(planning, "_save")]
READING = [Moment(loading, "_read", after=False), Moment(loading, "_read"), Moment(loading, "_done")]
COMMITTING = [
    Moment(finishing, "_mend"),
    Moment(finishing, "collect"),
    Moment(finishing, "_sift"),
    Moment(Lake, "append", after=False),
    Moment(DeltaTable, "create_write_transaction", after=False),
    Moment(Lake, "append"),
    Moment(finishing, "_end", after=False),
    Moment(finishing, "_end"),
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
