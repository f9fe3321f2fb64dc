"""Hashing of many texts at once: the same as of each alone, whichever way it goes."""

from __future__ import annotations

import numpy as np
import pytest
from xxhash import xxh3_128_digest

from interactions.compiled import xxh3


@pytest.mark.parametrize("in_library", [True, False], ids=["in the library", "one by one"])
def test_it_is_the_digest_of_each(in_library: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not in_library:
        monkeypatch.setattr(xxh3, "_FUNCTION", 0)
    texts = [bytes(place % 251 for place in range(size)) for size in [*range(300), 1024, 1025, 100_000]]
    content = np.frombuffer(b"".join(texts), np.uint8)
    found = xxh3.digests(content, np.cumsum([len(text) for text in texts]))
    assert found.tobytes() == b"".join(map(xxh3_128_digest, texts))
