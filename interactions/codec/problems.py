"""Collect the violations of a call, up to a limit, so that the response stays small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from interactions.codec.rulebook import MOST_NAMED, Violation

MOST_LINES: Final = 10_000
"""How many violations are listed per call."""


@dataclass(slots=True)
class Problems:
    """The first violations of each invalid record, MOST_LINES in total.

    ``named`` maps a record's index in the call (from 0) to its violations, ``records`` counts invalid records, and
    ``more`` counts the violations that aren't listed.
    """

    named: dict[int, list[Violation]] = field(default_factory=dict)
    records: int = 0
    more: int = 0
    _left: int = MOST_LINES

    @property
    def most(self) -> int:
        """How many violations of the next invalid record can be listed."""
        return min(MOST_NAMED, self._left)

    def add(self, index: int, violations: Sequence[Violation], more: int) -> None:
        """Add an invalid record with its violations; ``more`` were only counted."""
        named = list(violations[: self.most])
        if named:
            self.named[index] = named
        self._left -= len(named)
        self.more += more + len(violations) - len(named)
        self.records += 1

    @property
    def lines(self) -> list[str]:
        """One line per listed violation, in record order."""
        return [violation.line(index) for index, found in self.named.items() for violation in found]

    def __bool__(self) -> bool:
        return self.records > 0
