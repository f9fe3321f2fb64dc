"""Compile loops over bytes with Numba, and keep what was compiled for the next process.

Numba notices when a function's own module has changed, but not when a table or a function of another module has that
was compiled into it. So what is compiled is kept in a folder that is named by all the sources it is made from.
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
_TABLES = ("found.py", "layout.py", "schema.py")  # whose values are compiled into loops
_LOOPS = b"jit import compiled"


def _sources() -> list[Path]:
    """What the loops are made from."""
    near = [*_HERE.glob("*.py"), *(_APP / "codec/scanner").glob("*.py"), _APP / "contract/schema.py"]
    near.append(_APP / "privacy/id_fields.py")
    return sorted(path for path in near if path.name in _TABLES or path.parent == _HERE or _LOOPS in path.read_bytes())


def _folder() -> Path:
    digest = blake2b(b"".join(path.read_bytes() for path in _sources()), digest_size=8).hexdigest()
    beside = _HERE / "__pycache__"
    usable = os.access(beside if beside.exists() else _HERE, os.W_OK)
    return (beside if usable else Path.home() / ".cache" / "dojo") / f"compiled-{digest}"


# Inlined, as a call hands over seven values for each array: half of the time of writing what is hashed.
_OPTIONS: dict[str, Any] = {"cache": True, "_nrt": False, "forceinline": True}
numba.config.CACHE_DIR = str(_folder())  # type: ignore[attr-defined]


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` compiled when it is first called, or loaded where it was compiled before.

    It may make no arrays. That spares it to count how many hold each of those that it is given, which took a third of
    its time: atomically, as if other threads had them.
    """
    made: Callable[..., Any] = numba.njit(**_OPTIONS)(function)
    return made


def compiled_beside(function: Callable[..., Any]) -> Callable[..., Any]:
    """As :func:`compiled`, for what runs in several threads at once: while it does, Python goes on.

    Its module may take nothing from others but numbers, as it is not among the sources: Numba looks at the module.
    """
    made: Callable[..., Any] = numba.njit(nogil=True, **_OPTIONS)(function)
    return made
