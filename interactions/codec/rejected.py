"""A rejected record and the reasons."""

from __future__ import annotations

from dataclasses import dataclass

from interactions.codec.rulebook import Violation


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rejected record: its ``index`` within the byte range that was read, and its byte ``offset`` in the file.

    ``more`` counts violations beyond those in ``violations``. If ``text`` is another tool's event, ``own`` is the
    record it was converted to.
    """

    index: int
    offset: int
    text: bytes
    violations: list[Violation]
    more: int = 0
    own: bytes = b""
