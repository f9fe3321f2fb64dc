"""A figure beside that of the period before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_LARGEST: Final = 9.99  # a change beyond ± 999% says nothing that the two figures do not say better


@dataclass(frozen=True, slots=True)
class FigureChange:
    """What a figure was ``before`` and is ``now``."""

    now: float
    before: float

    @property
    def fraction(self) -> float | None:
        """The change as a part of ``before``: 0.1 is ten percent more. None where that misleads, or cannot be told."""
        if self.before <= 0:
            return None
        fraction = (self.now - self.before) / self.before
        return fraction if abs(fraction) <= _LARGEST else None

    @property
    def is_new(self) -> bool:
        """Whether there was nothing before, and there is now."""
        return not self.before and bool(self.now)
