"""The violations of a call, within bounds: its answer has to stay small whatever was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from interactions.codec.rulebook import MOST_NAMED, Violation

MOST_LINES: Final = 10_000
"""Violations of one call that are named."""


@dataclass(slots=True)
class Problems:
    """Of each bad record its first violations, MOST_LINES in all; ``named`` by the record's number in the call, from 0.

    ``records`` counts the bad ones, ``more`` the violations that are not named.
    """

    named: dict[int, list[Violation]] = field(default_factory=dict)
    records: int = 0
    more: int = 0
    _left: int = MOST_LINES

    @property
    def most(self) -> int:
        """How many violations of the next bad record can be named."""
        return min(MOST_NAMED, self._left)

    def add(self, index: int, violations: Sequence[Violation], more: int) -> None:
        """Add a bad record with its violations, of which ``more`` were counted only."""
        named = list(violations[: self.most])
        if named:
            self.named[index] = named
        self._left -= len(named)
        self.more += more + len(violations) - len(named)
        self.records += 1

    @property
    def lines(self) -> list[str]:
        """One line a violation that is named, in the order of the records."""
        return [violation.line(index) for index, found in self.named.items() for violation in found]

    def __bool__(self) -> bool:
        return self.records > 0
