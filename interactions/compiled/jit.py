"""Compile loops over bytes with Numba, and cache the result for the next process.

Numba notices changes to a function's own module, but not to tables and functions of other modules that were compiled
into it. So the cache folder is named after a hash of all sources.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numba

_HERE = Path(__file__).parent
_APP = _HERE.parent
_TABLES = ("found.py", "layout.py", "schema.py")  # their values are compiled into loops
_LOOPS = b"jit import compiled"


def _sources() -> list[Path]:
    """All modules that loops are compiled from."""
    near = [*_HERE.glob("*.py"), *(_APP / "codec/scanner").glob("*.py"), _APP / "contract/schema.py"]
    near.append(_APP / "privacy/id_fields.py")
    return sorted(path for path in near if path.name in _TABLES or path.parent == _HERE or _LOOPS in path.read_bytes())


def _folder() -> Path:
    digest = blake2b(b"".join(path.read_bytes() for path in _sources()), digest_size=8).hexdigest()
    beside = _HERE / "__pycache__"
    usable = os.access(beside if beside.exists() else _HERE, os.W_OK)
    return (beside if usable else Path.home() / ".cache" / "dojo") / f"compiled-{digest}"


# Inlined, because a call passes seven values per array, which took half of the time of ``gather.canonical``.
_OPTIONS: dict[str, Any] = {"cache": True, "_nrt": False, "forceinline": True}
numba.config.CACHE_DIR = str(_folder())  # type: ignore[attr-defined]


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile ``function`` on its first call, or load it from the cache.

    It must not create arrays. This allows turning off Numba's reference counting of its arguments, whose atomic
    operations took a third of the time.
    """
    made: Callable[..., Any] = numba.njit(**_OPTIONS)(function)
    return made


def compiled_beside(function: Callable[..., Any]) -> Callable[..., Any]:
    """Like :func:`compiled`, but releases the GIL, for functions that run in several threads at once.

    Its module isn't part of the cache's hash, so it may import only numbers from other modules.
    """
    made: Callable[..., Any] = numba.njit(nogil=True, **_OPTIONS)(function)
    return made
