"""Which keys of custom_context the index of an environment has the values of: those that were filtered by last.

A page that filters by another key asks for it here. The keeper, which looks here, builds the index anew with it;
from then on the key is kept up to date as everything else is. Keys that nobody filters by make room for others.
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

MOST: Final = 32
"""Keys that an environment has columns for; of more, those that were filtered by last."""
_NOTED_SECONDS: Final = 3_600.0  # between two notes that a key is in use


class KeyBeingIndexed(DataNotReady):
    """The index has no column of a key yet."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Dojo is indexing custom_context.{key}, as nobody has filtered by it lately. "
            "It takes a minute per 50 million records."
        )


def require(environment: str, indexed: tuple[str, ...], key: str) -> None:
    """Note that ``key`` is in use. Raises KeyBeingIndexed where it is not among those that are ``indexed``."""
    used = _used(environment)
    if time.time() - used.get(key, 0.0) > _NOTED_SECONDS:
        _write(environment, used | {key: time.time()})
    if key not in indexed:
        raise KeyBeingIndexed(key)


def wanted(environment: str) -> tuple[str, ...]:
    """The keys that the index of an environment is to have columns for, sorted."""
    return tuple(sorted(_used(environment)))


def is_lacking(environment: str, indexed: tuple[str, ...]) -> bool:
    """Whether a key is wanted that is not among those that are ``indexed``."""
    return not set(indexed).issuperset(wanted(environment))


def _path(environment: str) -> Path:
    return Path(settings.INDEX_DIR) / f"{environment}.custom-keys.json"  # beside the folder, which may be removed


def _used(environment: str) -> dict[str, float]:
    """When each key was used last, in seconds since 1970; none where that can't be read."""
    try:
        return msgspec.json.decode(_path(environment).read_bytes(), type=dict[str, float])
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}


def _write(environment: str, used: dict[str, float]) -> None:
    """Of two processes that write at the same time the last one counts: the other's key is asked for again."""
    path = _path(environment)
    path.parent.mkdir(parents=True, exist_ok=True)
    last = dict(sorted(used.items(), key=lambda entry: entry[1])[-MOST:])
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.write_bytes(msgspec.json.encode(last))
    os.replace(draft, path)
