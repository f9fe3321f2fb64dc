"""What the keeper of an index writes down beside it: what of its table it was made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

import msgspec
import numpy as np

from interactions.analytics.index.changes import Covered
from interactions.analytics.index.run import Index
from interactions.contract.tombstones import Tombstones
from interactions.warehouse.lake import Part


class Note(msgspec.Struct, frozen=True):
    """What an index was made of: the table's parts by their names, and digests of who was hidden and of links."""

    parts: dict[str, tuple[int, int, int, int | None]]
    hidden: str
    links: str = ""

    @classmethod
    def of(cls, known: Mapping[str, Covered], hidden: Tombstones, links: np.ndarray) -> Note:
        parts = {name: (part.rows, part.first, part.last, part.import_id) for name, part in known.items()}
        return cls(parts, hidden.digest, digest_of(links))

    @property
    def others(self) -> tuple[str, str]:
        """The digests."""
        return self.hidden, self.links

    @property
    def known(self) -> dict[str, Covered]:
        return {name: Covered(*part) for name, part in self.parts.items()}

    def is_of_another(self, index: Index, version: int, parts: Iterable[Part]) -> bool:
        """Whether ``index`` was made of another table than the one that is there: a folder was put in its place, as
        from a backup. ``version`` and ``parts`` are of that, and not looked at earlier than the index was opened.
        """
        if index.version != version:
            return index.version > version  # a table's versions only rise
        return self.parts.keys() != {part.name for part in parts}

    def lacks_imports(self, parts: Iterable[Part]) -> bool:
        """Whether parts that hold more than live records are among these ``parts`` of the table or in it, not both."""
        now = {part.name: part.import_id for part in parts}
        before = {name: import_id for name, (*_, import_id) in self.parts.items()}
        return any({**before, **now}[name] != 0 for name in now.keys() ^ before.keys())

    @classmethod
    def read(cls, said: bytes) -> Note | None:
        """What was :attr:`written`; None of anything else."""
        try:
            return msgspec.json.decode(said, type=cls)
        except msgspec.MsgspecError:
            return None

    @property
    def written(self) -> bytes:
        return msgspec.json.encode(self)


def digest_of(links: np.ndarray) -> str:
    """Equal for equal links, which are in order; empty for none."""
    return blake2b(links.tobytes(), digest_size=16).hexdigest() if len(links) else ""
