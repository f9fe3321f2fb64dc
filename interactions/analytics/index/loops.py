"""Compile loops, or load them from the cache, on their first call.

Every web process imports the report modules, but one that only serves the API never calls them, and so saves the 60 MB
of Numba's libraries.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from types import FunctionType
from typing import Any

from interactions.compiled.first_load import FIRST_LOAD


class Later:
    """``function``, compiled by :func:`interactions.compiled.jit.compiled_beside` on its first call."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    @cached_property
    def made(self) -> Callable[..., Any]:
        with FIRST_LOAD:
            from interactions.compiled.jit import compiled_beside

        return compiled_beside(self._linked())

    def _linked(self) -> Callable[..., Any]:
        """The function, with the compiled loops of its own module that it calls."""
        known, code = self._function.__globals__, self._function.__code__
        called = {name: known[name].made for name in code.co_names if isinstance(known.get(name), Later)}
        if not called:
            return self._function
        linked = FunctionType(code, {**known, **called}, self._function.__name__)
        linked.__qualname__ = self._function.__qualname__
        return linked

    def __call__(self, *given: Any) -> Any:
        return self.made(*given)


def compiled(function: Callable[..., Any]) -> Later:
    """Decorator for a loop. It can call others of its module, which may import only numbers from other modules."""
    return Later(function)
