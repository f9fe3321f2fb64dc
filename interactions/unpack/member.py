"""The files in an archive, in order; each byte is read once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from interactions.unpack.stream import Pieces

_LONGEST = 200  # characters of a name shown
_SYSTEM = re.compile(r"(^|/)(__MACOSX/|\._[^/]*$|\.DS_Store$|Thumbs\.db$|desktop\.ini$|PaxHeaders?[./])")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive. ``content`` is None if it has none, because it's ``what``."""

    name: str
    content: Pieces | None
    what: str = ""

    @property
    def is_of_the_system(self) -> bool:
        """Whether it's metadata added by macOS or Windows."""
        return _SYSTEM.search(self.name) is not None


def shown(name: str) -> str:
    """A name from an archive, made safe for a sentence."""
    return "".join(letter if letter.isprintable() else "�" for letter in name[-_LONGEST:])


Members = Iterator[Member]
