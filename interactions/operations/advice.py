"""Advice for whoever runs Dojo, from the figures: a rule and a sentence for each possible problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from interactions.operations.environments import EnvironmentFigures
from interactions.operations.machine import DiskFigures, QueueFigures

INBOX_SECONDS: Final = 60.0  # records normally stay in it for a second
INDEX_SECONDS: Final = 300.0  # a build of 100 million records takes three minutes
ERASURE_SECONDS: Final = 20 * 24 * 3600.0  # the law allows 30 days
QUEUE_TASKS: Final = 5_000
_OK: Final = "ok"
_PARTS: Final = {
    "database": "Check that the database runs and that its disk isn't full.",
    "redis": "Check that Redis runs and that its disk isn't full.",
    "worker": "Start a worker. Imports, erasures and exports wait for one.",
    "inbox": "Start the process inbox, or check the log for its error. Calls are still accepted and kept.",
    "processes": "Check logs/dojo.log for their errors.",
    "engine": "Start the query engine that ENGINE_URL names. Pages of large environments wait for it.",
    "clock": "Let the clocks of all machines follow the same time server: erasures compare their times.",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """A problem and what to do about it; ``is_urgent`` if work has stopped."""

    what: str
    do: str
    is_urgent: bool = False


def advice(
    parts: Mapping[str, str], disk: DiskFigures, queue: QueueFigures | None, environments: Iterable[EnvironmentFigures]
) -> list[Advice]:
    """All problems, urgent ones first. ``queue`` is None if Redis doesn't answer."""
    found = [*_of_parts(parts), *_of_machine(disk, queue)]
    for figures in environments:
        found.extend(_of_environment(figures))
    return sorted(found, key=lambda each: not each.is_urgent)


def _of_parts(parts: Mapping[str, str]) -> Iterator[Advice]:
    for part, state in parts.items():
        if state != _OK and not state.startswith("unknown"):  # an unknown state is caused by another part
            yield Advice(f"{part.capitalize()}: {state}.", _PARTS.get(part, "Check logs/dojo.log."), is_urgent=True)


def _of_machine(disk: DiskFigures, queue: QueueFigures | None) -> Iterator[Advice]:
    if disk.is_low:
        yield Advice(
            "The disk is nearly full, so imports, uploads and exports wait.",
            "Free up some space. They continue within a minute.",
            is_urgent=True,
        )
    if queue is not None and queue.waiting > QUEUE_TASKS:
        yield Advice(
            f"{_counted(queue.waiting, 'task')} waiting for a worker.",
            "If the number doesn't fall, set WORKER_PROCESSES higher or run workers on another machine.",
        )


def _of_environment(it: EnvironmentFigures) -> Iterator[Advice]:
    if it.inbox_age_seconds > INBOX_SECONDS:
        yield Advice(
            f"Calls to {it.name} have waited for {_minutes(it.inbox_age_seconds)} to be moved.",
            "Check the log for what holds up the inbox. No record is lost.",
            is_urgent=True,
        )
    if it.set_aside_calls:
        yield Advice(
            f"Dojo couldn't move {_counted(it.set_aside_calls, 'call')} to {it.name}. The inbox keeps them.",
            "Report the reason that the Live page shows: it's a bug. Dojo tries again at each start.",
        )
    if it.index_lag_seconds > INDEX_SECONDS:
        yield Advice(
            f"Pages of {it.name} are {_minutes(it.index_lag_seconds)} behind its data.",
            "Check that the process index runs, and check the log for its error.",
            is_urgent=True,
        )
    if it.failed_requests:
        yield Advice(
            f"{_counted(it.failed_requests, 'deletion request')} of {it.name} failed.",
            "Open Deletion requests and press Retry. The people stay hidden meanwhile.",
            is_urgent=True,
        )
    if it.request_age_seconds > ERASURE_SECONDS:
        yield Advice(
            f"A deletion request of {it.name} has been open for {round(it.request_age_seconds / 86400):,} days.",
            "Requests must be answered within 30 days: check whether it's waiting for approval.",
        )
    if it.expiring_keys:
        yield Advice(
            f"{_counted(it.expiring_keys, 'API key')} of {it.name} will expire soon.",
            "Open API keys and rotate each before then, or its calls will be refused.",
        )


def _minutes(seconds: float) -> str:
    return _counted(round(seconds / 60), "minute")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
