"""Keyed hashes of ids, which identify people in deletes and in the table's log."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import numpy as np
import pyarrow as pa

from interactions.compiled.first_load import FIRST_LOAD

_FORM: Final = pa.int64()
_WORD: Final = (1 << 64) - 1
_NOTHING: Final = bytes(1)  # if all strings are empty, Arrow may have no data buffer
_FEW: Final = 20  # ids; fewer are hashed in Python, because the compiled loops take about 100 MB of memory


class Keyring:
    """Maps ids to keyed 64-bit hashes: SipHash-2-4 of the UTF-8 text, as a signed number.

    The key is secret, so that hashes can't be tested against ids. No id is stored.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = blake2b(secret, digest_size=16, person=b"dojo identities").digest()
        self._for_words = blake2b(secret, digest_size=32, person=b"dojo prints").digest()

    @property
    def check(self) -> str:
        """Identifies the keyring without revealing its key."""
        return blake2b(b"check", key=self._key, digest_size=16, person=b"dojo check").hexdigest()

    def key(self, identifier: str) -> int:
        """The hash of one id. Raises UnicodeEncodeError for lone surrogates."""
        return _signed(siphash(self._key, identifier.encode()))

    def __getitem__(self, identifier: str | None) -> int | None:
        return None if identifier is None else self.key(identifier)

    def column(self, identifiers: pa.Array) -> pa.Array:
        """The hash of each string in a column; null for null."""
        if identifiers.null_count == len(identifiers):
            return pa.nulls(len(identifiers), _FORM)
        if len(identifiers) < _FEW:
            return pa.array([self[each] for each in identifiers.to_pylist()], _FORM)
        return _of_strings(identifiers, self._key)

    def words(self, words: np.ndarray) -> np.ndarray:
        """The 128-bit hash of each pair of 64-bit words; the argument and the result have the shape (rows, 2)."""
        keys = self._for_words[:16], self._for_words[16:]
        if len(words) < _FEW:
            each = [[siphash(key, pair.tobytes()) for key in keys] for pair in np.ascontiguousarray(words)]
            return np.array(each, np.uint64).reshape(-1, 2)
        return np.column_stack([_of_words(words, key) for key in keys])


def _of_words(words: np.ndarray, key: bytes) -> np.ndarray:
    with FIRST_LOAD:
        from interactions.compiled import siphash as loops

    hashes = np.empty(len(words), np.uint64)
    offsets = np.arange(0, 16 * len(words) + 1, 16, dtype=np.int32)
    text = np.ascontiguousarray(words).view(np.uint8).reshape(-1)
    for array in (offsets, text):
        array.setflags(write=False)  # like Arrow's arrays: else the loop would be compiled once more
    loops.strings(text, offsets, len(words), *np.frombuffer(key, "<u8"), hashes)
    return hashes


def name_people(arrays: dict[str, pa.Array], keyring: Keyring | None) -> None:
    """Add the columns of hashes to the columns of ids; all null without a keyring."""
    for kind in ("user", "anonymous"):
        ids = arrays[f"{kind}_id"]
        arrays[f"{kind}_key"] = pa.nulls(len(ids), _FORM) if keyring is None else keyring.column(ids)


def _of_strings(identifiers: pa.Array, key: bytes) -> pa.Array:
    with FIRST_LOAD:
        from interactions.compiled import siphash as loops

    rows, first = len(identifiers), identifiers.offset
    validity, places, data = identifiers.buffers()
    offsets = np.frombuffer(places, np.int32)[first : first + rows + 1]
    hashes = np.empty(first + rows, np.uint64)
    loops.strings(np.frombuffer(data or _NOTHING, np.uint8), offsets, rows, *np.frombuffer(key, "<u8"), hashes[first:])
    return pa.Array.from_buffers(_FORM, rows, [validity, pa.py_buffer(hashes)], identifiers.null_count, first)


def load_compiled() -> None:
    """Load or compile the loops that hash columns."""
    _of_strings(pa.array(["", None]), bytes(16))


def siphash(key: bytes, text: bytes) -> int:
    """SipHash-2-4 of a text with a 16-byte key, as an unsigned 64-bit number; the same as ``compiled.siphash``."""
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    state = (
        k0 ^ 0x736F6D6570736575,
        k1 ^ 0x646F72616E646F6D,
        k0 ^ 0x6C7967656E657261,
        k1 ^ 0x7465646279746573,
    )
    padded = text + bytes(7 - len(text) % 8) + bytes([len(text) & 0xFF])
    for place in range(0, len(padded), 8):
        word = int.from_bytes(padded[place : place + 8], "little")
        v0, v1, v2, v3 = _rounds(2, *state[:3], state[3] ^ word)
        state = v0 ^ word, v1, v2, v3
    v0, v1, v2, v3 = _rounds(4, *state[:2], state[2] ^ 0xFF, state[3])
    return v0 ^ v1 ^ v2 ^ v3


def _rounds(count: int, v0: int, v1: int, v2: int, v3: int) -> tuple[int, int, int, int]:
    for _ in range(count):
        v0, v2 = (v0 + v1) & _WORD, (v2 + v3) & _WORD
        v1, v3 = _turned(v1, 13) ^ v0, _turned(v3, 16) ^ v2
        v2, v0 = (v2 + v1) & _WORD, (_turned(v0, 32) + v3) & _WORD
        v1, v3, v2 = _turned(v1, 17) ^ v2, _turned(v3, 21) ^ v0, _turned(v2, 32)
    return v0, v1, v2, v3


def _turned(word: int, bits: int) -> int:
    return (word << bits) & _WORD | word >> (64 - bits)


def _signed(word: int) -> int:
    return word - (1 << 64) if word >> 63 else word


class EarlierKeyring:
    """The hashes used before: BLAKE2b with a key derived from SECRET_KEY, as a signed number.

    Still used for tombstones made with it, which don't store ids.
    """

    def __init__(self, key: bytes) -> None:
        self._keyed = blake2b(key=key, digest_size=8)

    @staticmethod
    def key_of(secret: bytes) -> bytes:
        """The key derived from a secret key."""
        return blake2b(secret, digest_size=32, person=b"dojo ids").digest()

    def __getitem__(self, identifier: str | None) -> int | None:
        return None if identifier is None else self.key(identifier)

    def key(self, identifier: str) -> int:
        """The hash of one id. Raises UnicodeEncodeError for lone surrogates."""
        hashed = self._keyed.copy()  # takes half the time of a new object
        hashed.update(identifier.encode())
        return int.from_bytes(hashed.digest(), "big", signed=True)

    def column(self, identifiers: pa.Array) -> pa.Array:
        """The hash of each string in a column; null for null."""
        named = identifiers.dictionary_encode()
        return pa.array([self.key(each) for each in named.dictionary.to_pylist()], _FORM).take(named.indices)
