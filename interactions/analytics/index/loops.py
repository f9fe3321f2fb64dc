"""Loops that are compiled, or loaded, when they are first called.

Every web process imports the modules of the questions, but one that answers the API alone asks none: it does without
Numba, whose libraries are 60 MB.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from interactions.compiled.first_load import FIRST_LOAD


class Later:
    """``function``, as :func:`interactions.compiled.jit.compiled_beside` makes it, from its first call on."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    @cached_property
    def made(self) -> Callable[..., Any]:
        with FIRST_LOAD:
            from interactions.compiled.jit import compiled_beside

        return compiled_beside(self._function)

    def __call__(self, *given: Any) -> Any:
        return self.made(*given)


def compiled(function: Callable[..., Any]) -> Later:
    """To be put above a loop, whose module may take nothing from others but numbers."""
    return Later(function)
