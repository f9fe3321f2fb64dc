"""SipHash-2-4 (https://github.com/veorq/SipHash) of strings, 64 bits, compiled by Numba."""

from __future__ import annotations

import numpy as np

from interactions.compiled import lanes
from interactions.compiled.jit import compiled, compiled_beside

_WORDS = np.frombuffer(b"somepseudorandomlygeneratedbytes", ">u8").astype(np.uint64)
_V0, _V1, _V2, _V3 = _WORDS[0], _WORDS[1], _WORDS[2], _WORDS[3]
_FF = np.uint64(0xFF)


@compiled
def _turned(word, bits):
    return (word << np.uint64(bits)) | (word >> np.uint64(64 - bits))


@compiled
def _round(v0, v1, v2, v3):
    v0 += v1
    v2 += v3
    v1 = _turned(v1, 13) ^ v0
    v3 = _turned(v3, 16) ^ v2
    v0 = _turned(v0, 32)
    v2 += v1
    v0 += v3
    v1 = _turned(v1, 17) ^ v2
    v3 = _turned(v3, 21) ^ v0
    v2 = _turned(v2, 32)
    return v0, v1, v2, v3


@compiled
def _hash(text, start, size, k0, k1):
    v0, v1, v2, v3 = k0 ^ _V0, k1 ^ _V1, k0 ^ _V2, k1 ^ _V3
    whole = size & ~7
    for i in range(start, start + whole, 8):
        word = lanes.word(text, i)
        v3 ^= word
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        v0 ^= word
    word = np.uint64(size & 0xFF) << np.uint64(56)
    for k in range(size - whole):  # byte by byte: there may be nothing after them to read
        word |= np.uint64(text[start + whole + k]) << np.uint64(8 * k)
    v3 ^= word
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    v0 ^= word
    v2 ^= _FF
    for _ in range(4):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return v0 ^ v1 ^ v2 ^ v3


@compiled_beside
def strings(text, offsets, rows, k0, k1, out):
    """Hash each of ``rows`` strings into ``out`` (uint64). ``text`` and ``offsets`` are those of an Arrow string array;
    ``k0`` and ``k1`` (uint64) are the key."""
    for row in range(rows):
        out[row] = _hash(text, offsets[row], offsets[row + 1] - offsets[row], k0, k1)
