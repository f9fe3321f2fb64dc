"""A record that was refused, and why."""

from __future__ import annotations

from dataclasses import dataclass

from interactions.codec.rulebook import Violation


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was refused: ``index`` from the run's first record, ``offset`` from the file's first byte.

    ``more`` counts the violations that are not among ``violations``. ``own`` is the record in Dojo's own form, where
    ``text`` is an event of another tool.
    """

    index: int
    offset: int
    text: bytes
    violations: list[Violation]
    more: int = 0
    own: bytes = b""
