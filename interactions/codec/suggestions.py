"""Guess what somebody meant who wrote a name that there is not."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

_LONGEST = 60  # characters; a longer name is no slip


def did_you_mean(name: Any, names: Iterable[str]) -> str:
    """`` Did you mean …?`` where one of ``names`` is close to ``name``, else nothing."""
    if not isinstance(name, str) or len(name) > _LONGEST:
        return ""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    close = get_close_matches(plain, list(names), n=1, cutoff=0.7)
    return f" Did you mean {close[0]}?" if close else ""
