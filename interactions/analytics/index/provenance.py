"""Record which version of the table an index was built from. The keeper stores this with the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

import msgspec
import numpy as np

from interactions.analytics.index import store
from interactions.analytics.index.changes import Covered
from interactions.analytics.index.run import Index
from interactions.contract.tombstones import Tombstones
from interactions.warehouse.lake import Part


class Provenance(msgspec.Struct, frozen=True):
    """What an index was built from: the table's parts by name, and digests of the hidden people and of links."""

    parts: dict[str, tuple[int, int, int, int | None]]
    hidden: str
    links: str = ""

    @classmethod
    def of(cls, known: Mapping[str, Covered], hidden: Tombstones, links: np.ndarray) -> Provenance:
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
        """Whether ``index`` was built from another table, because the table was replaced, for example from a backup.

        ``version`` and ``parts`` are those of the current table, read after the index was opened.
        """
        if index.version != version:
            return index.version > version  # a table's versions only rise
        return self.parts.keys() != {part.name for part in parts}

    def lacks_imports(self, parts: Iterable[Part]) -> bool:
        """Whether parts with imported records have been added to or removed from the table, which has ``parts`` now."""
        now = {part.name: part.import_id for part in parts}
        before = {name: import_id for name, (*_, import_id) in self.parts.items()}
        return any({**before, **now}[name] != 0 for name in now.keys() ^ before.keys())

    @classmethod
    def read(cls, said: bytes) -> Provenance | None:
        """Decode what :attr:`written` returned; None for anything else."""
        try:
            return msgspec.json.decode(said, type=cls)
        except msgspec.MsgspecError:
            return None

    @property
    def written(self) -> bytes:
        return msgspec.json.encode(self)


def digest_of(links: np.ndarray) -> str:
    """A digest of links, which must be sorted; empty if there are none."""
    return blake2b(links.tobytes(), digest_size=16).hexdigest() if len(links) else ""


def opened(environment: str) -> tuple[Index | None, Provenance | None]:
    """The index of an environment and its provenance; neither if it's being replaced at this moment."""
    try:
        index, said = store.with_note(environment)
    except FileNotFoundError:
        return None, None
    return index, Provenance.read(said)
