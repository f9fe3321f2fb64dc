"""Hashing of many records at once: the same as of each alone, whichever way it goes."""

from __future__ import annotations

import numpy as np
import pytest
from xxhash import xxh3_128_digest

from interactions.codec.scanner import hashes
from interactions.contract.fingerprint import BY_UUID


@pytest.mark.parametrize("in_library", [True, False], ids=["in the library", "one by one"])
def test_it_is_the_hash_of_each_with_its_mark(in_library: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not in_library:
        monkeypatch.setattr(hashes, "_FUNCTION", 0)
    texts = [bytes(place % 251 for place in range(size)) for size in [*range(300), 1024, 1025, 100_000]]
    by_uuid = np.arange(len(texts)) % 3 == 0
    content = np.frombuffer(b"".join(texts), np.uint8)
    found = hashes.fingerprints(content, np.cumsum([len(text) for text in texts]), by_uuid).to_pylist()
    for fingerprint, text, is_uuid in zip(found, texts, by_uuid.tolist(), strict=True):
        digest = xxh3_128_digest(text)
        assert fingerprint[1:] == digest[1:]
        assert fingerprint[0] == (digest[0] | BY_UUID if is_uuid else digest[0] & ~BY_UUID & 0xFF)
