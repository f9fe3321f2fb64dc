"""A step of a funnel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from interactions.analytics.conditions import Condition

MOST_CONDITIONED: Final = 6
"""The most steps of a funnel in which any step has conditions."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step's name, and the types any of which completes it; the interaction also has to meet all ``conditions``."""

    name: str
    types: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
