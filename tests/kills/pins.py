"""Places in Dojo's processes at which a test can hold work up, so that it's in progress when a process is killed.

``<data>/pins/<place>@<environment>`` arms a pin. Who comes first to an armed pin writes its process id to ``….held``
and waits until the pin is gone; whoever comes meanwhile does nothing there, as if another had the work.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from celery.signals import task_prerun
from django.apps import AppConfig
from django.conf import settings


@dataclass(frozen=True)
class Place:
    """Before or after a step; its environment's slug is found from the arguments of the step."""

    module: str
    step: str
    slug: Callable[..., str]
    is_after: bool = False


def _of_first(row: Any, *_: Any) -> str:
    slug: str = row.environment.slug
    return slug


_IMPORTS, _ERASURE = "interactions.ingest.imports", "interactions.privacy.erasure"
IN_WORKERS = {
    "planning": Place(f"{_IMPORTS}.plan", "_save", _of_first),
    "blocks": Place(f"{_IMPORTS}.load", "_read", lambda block: _of_first(block.of)),
    "duplicates": Place(f"{_IMPORTS}.commit", "_sift", _of_first, is_after=True),
    "commit": Place(f"{_IMPORTS}.commit", "_end", _of_first),  # the records are in the table, and the row says loading
    "fingerprints": Place(
        "interactions.ingest.duplicates.runs", "write", lambda path, _: path.parent.name, is_after=True
    ),
    "tidying": Place(f"{_IMPORTS}.storage", "tidy", _of_first),
    "hidden": Place(_ERASURE, "_claim", lambda environment: environment.slug),
    "erasing": Place(_ERASURE, "_erase_most", lambda lake, _: lake.environment, is_after=True),
    "verifying": Place(_ERASURE, "_verified", lambda requests: _of_first(requests.first())),
    "undo": Place(f"{_IMPORTS}.removal", "_take_out", lambda lake, _: lake.environment, is_after=True),
    "compaction": Place(
        "interactions.warehouse.compact",
        "_write",
        lambda _, draft: draft.name.removeprefix("compact-").rpartition("-")[0],
        is_after=True,
    ),
}
IN_WEB = {"checking": Place(_IMPORTS, "received", _of_first)}
IN_INBOX = {"live": Place("interactions.ingest.live.transfer", "_remove", _of_first)}  # they are in the table


class Pins(AppConfig):
    name = "tests.kills"
    label = "pins"

    def ready(self) -> None:
        _install(IN_WEB)
        if "append_inbox" in sys.argv:
            _install(IN_INBOX)
        task_prerun.connect(_install_in_worker)


def _install_in_worker(**_: Any) -> None:
    """After the fork, as the modules load what must not be in memory before; with the first task of a process."""
    task_prerun.disconnect(_install_in_worker)
    _install(IN_WORKERS)


def _install(places: dict[str, Place]) -> None:
    for name, place in places.items():
        module = import_module(place.module)
        setattr(module, place.step, _pinned(name, place, getattr(module, place.step)))


def _pinned(name: str, place: Place, step: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(step)
    def pinned(*arguments: Any, **more: Any) -> Any:
        pin = Path(settings.DATA_DIR) / "pins" / f"{name}@{place.slug(*arguments)}"
        is_mine = _take(pin)
        if not is_mine and pin.exists():
            return None
        answer = step(*arguments, **more) if place.is_after else None
        if is_mine:
            _hold(pin)
        return answer if place.is_after else step(*arguments, **more)

    return pinned


def _take(pin: Path) -> bool:
    """Whether this process is the first that comes to an armed pin."""
    if not pin.exists():
        return False
    try:
        pin.with_name(f"{pin.name}.taken").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _hold(pin: Path) -> None:
    held = pin.with_name(f"{pin.name}.held")
    held.with_suffix(".draft").write_text(str(os.getpid()))
    held.with_suffix(".draft").rename(held)
    while pin.exists():
        time.sleep(0.02)
