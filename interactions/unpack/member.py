"""The files in an archive, one after another, as they are read: each byte of it is read once, and none twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from interactions.unpack.stream import Pieces

_LONGEST = 200  # characters of a name that are shown
_SYSTEM = re.compile(r"(^|/)(__MACOSX/|\._[^/]*$|\.DS_Store$|Thumbs\.db$|desktop\.ini$|PaxHeaders?[./])")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive. ``content`` None: it has none of its own, and is ``what``."""

    name: str
    content: Pieces | None
    what: str = ""

    @property
    def is_of_the_system(self) -> bool:
        """Whether it is what macOS and Windows put beside the files of people."""
        return _SYSTEM.search(self.name) is not None


def shown(name: str) -> str:
    """A name from an archive as a sentence can hold it."""
    return "".join(letter if letter.isprintable() else "�" for letter in name[-_LONGEST:])


Members = Iterator[Member]
