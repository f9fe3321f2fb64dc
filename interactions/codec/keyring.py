"""Keyed hashes of ids: what deletes and the table's log name people by."""

from collections.abc import Sequence
from hashlib import blake2b

_KNOWN = 100_000  # ids remembered; bounds the memory, not the answer


class Keyring(dict[str | None, int | None]):
    """From id to keyed 64-bit hash, made when first asked for; None stays None.

    The key is secret, so that nobody who finds a hash can try ids against it. People come in runs, so what was
    made is kept for a while.
    """

    def __init__(self, secret: bytes) -> None:
        super().__init__({None: None})
        key = blake2b(secret, digest_size=32, person=b"dojo ids").digest()
        self._keyed = blake2b(key=key, digest_size=8)

    def __missing__(self, identifier: str) -> int:
        if len(self) > _KNOWN:
            self.clear()
            self[None] = None
        self[identifier] = made = self.key(identifier)
        return made

    def key(self, identifier: str) -> int:
        """The hash of one id, as a signed 64-bit number."""
        hashed = self._keyed.copy()  # in half the time of beginning anew
        hashed.update(identifier.encode())
        return int.from_bytes(hashed.digest(), "big", signed=True)

    def keys_of(self, identifiers: Sequence[str | None]) -> list[int | None]:
        """The hash of each id."""
        return [self[identifier] for identifier in identifiers]
