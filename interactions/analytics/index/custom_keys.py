"""The keys of custom_context that an environment's index has columns for: the ones most recently filtered by.

A page that filters by another key requests it here. The keeper then rebuilds the index with it, and keeps it up to date
from then on. Keys that aren't used make room for others.
"""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import Final

import msgspec
from django.conf import settings

from interactions.errors import DataNotReady
from interactions.objects import Objects

MOST: Final = 32
"""The most keys that an environment has columns for."""
_NOTED_SECONDS: Final = 3_600.0  # how often the use of a key is recorded
_FETCH_SECONDS: Final = 5.0  # how often a machine looks at what others have recorded
_OBJECT: Final = "custom-keys.json"
_fetched_at: dict[str, float] = {}


class KeyBeingIndexed(DataNotReady):
    """The index has no column for a key yet."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Dojo is indexing custom_context.{key}, because nobody has filtered by it lately. "
            "It takes a minute per 50 million records."
        )


def require(environment: str, indexed: tuple[str, ...], key: str) -> None:
    """Record that ``key`` is in use. Raises KeyBeingIndexed if it isn't ``indexed`` yet."""
    used = _used(environment)
    if time.time() - used.get(key, 0.0) > _NOTED_SECONDS:
        _write(environment, used | {key: time.time()})
        _tell_others(environment)
    if key not in indexed:
        raise KeyBeingIndexed(key)


def wanted(environment: str) -> tuple[str, ...]:
    """The keys that the index of an environment should have columns for, sorted."""
    return tuple(sorted(_used(environment)))


def is_lacking(environment: str, indexed: tuple[str, ...]) -> bool:
    """Whether a wanted key isn't ``indexed`` yet."""
    return not set(indexed).issuperset(wanted(environment))


def fetch(environment: str) -> None:
    """Learn which keys are in use on other machines. Raises OSError if the store is away."""
    if not settings.INDEX_URL or time.monotonic() - _fetched_at.get(environment, -_FETCH_SECONDS) < _FETCH_SECONDS:
        return
    _fetched_at[environment] = time.monotonic()
    here, everywhere = _used(environment), _used_everywhere(environment)
    both = {key: max(here.get(key, 0.0), everywhere.get(key, 0.0)) for key in here.keys() | everywhere.keys()}
    if both != here:
        _write(environment, both)


def _tell_others(environment: str) -> None:
    """The index may be made on another machine."""
    if settings.INDEX_URL:
        used = _used_everywhere(environment) | _used(environment)
        _objects(environment).put(_OBJECT, msgspec.json.encode(_last(used)))


def _used_everywhere(environment: str) -> dict[str, float]:
    try:
        return msgspec.json.decode(_objects(environment).get(_OBJECT), type=dict[str, float])
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}


def _objects(environment: str) -> Objects:
    return Objects(f"{settings.INDEX_URL}/{environment}")


def _last(used: dict[str, float]) -> dict[str, float]:
    return dict(sorted(used.items(), key=lambda entry: entry[1])[-MOST:])


def _path(environment: str) -> Path:
    return Path(settings.INDEX_DIR) / f"{environment}.custom-keys.json"  # next to the folder, which may be deleted


def _used(environment: str) -> dict[str, float]:
    """When each key was last used, in seconds since 1970; empty if the file is missing or damaged."""
    try:
        return msgspec.json.decode(_path(environment).read_bytes(), type=dict[str, float])
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}


def _write(environment: str, used: dict[str, float]) -> None:
    """Write the file. If two processes write at once, the last one wins, and the other's key is requested again."""
    path = _path(environment)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.write_bytes(msgspec.json.encode(_last(used)))
    os.replace(draft, path)
