"""Keyed hashes of ids: what deletes and the table's log name people by."""

from collections.abc import Sequence
from hashlib import blake2b


class Keyring:
    """Makes keyed 64-bit hashes; secret, so that nobody who finds one can try ids against it."""

    def __init__(self, secret: bytes) -> None:
        self._secret = blake2b(secret, digest_size=32, person=b"dojo ids").digest()
        self._known: dict[str, int] = {}

    def key(self, identifier: str) -> int:
        """The hash of one id, as a signed 64-bit number."""
        digest = blake2b(identifier.encode(), key=self._secret, digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)

    def keys(self, identifiers: Sequence[str | None]) -> list[int | None]:
        """The hash of each id; None stays None. People come in runs, so known ones are looked up."""
        known = self._known
        if len(known) > 100_000:  # bounds the memory, not the answer
            known.clear()
        for identifier in set(identifiers).difference(known):
            if identifier is not None:
                known[identifier] = self.key(identifier)
        look = known.get
        return [look(identifier) if identifier is not None else None for identifier in identifiers]
