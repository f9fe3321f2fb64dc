"""A figure compared with the previous period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_LARGEST: Final = 9.99  # beyond ±999%, the two figures say more than a percentage


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure ``before`` and ``now``."""

    now: float
    before: float

    @property
    def fraction(self) -> float | None:
        """The change relative to ``before``: 0.1 is 10% more. None if it's undefined or misleading."""
        if self.before <= 0:
            return None
        fraction = (self.now - self.before) / self.before
        return fraction if abs(fraction) <= _LARGEST else None

    @property
    def is_new(self) -> bool:
        """Whether it was zero before and isn't now."""
        return not self.before and bool(self.now)
