"""Store the text of a call in the inbox, compressed if it's large.

The text of many records compresses to a tenth or less, in a fraction of the time saved by writing less to the disk.
"""

from __future__ import annotations

import pyarrow as pa

PACKED_FROM = 64 << 10  # bytes
HEAD = 9  # bytes that unpacked_size needs
_MARK = b"Z"  # JSON never begins like this
_CODEC = "zstd"


def pack(text: bytes) -> bytes:
    """The stored form of a JSON text: a mark, its size in 8 bytes and the compressed text, or the text itself."""
    if len(text) < PACKED_FROM:
        return text
    packed: bytes = pa.compress(text, codec=_CODEC, asbytes=True)
    return _MARK + len(text).to_bytes(8, "big") + packed


def unpack(stored: bytes | memoryview) -> bytes:
    """The original text."""
    stored = bytes(stored)
    if not stored.startswith(_MARK):
        return stored
    text: bytes = pa.decompress(memoryview(stored)[HEAD:], unpacked_size(stored, 0), codec=_CODEC, asbytes=True)
    return text


def unpacked_size(head: bytes | memoryview, length: int) -> int:
    """The size of the text whose stored form has ``length`` bytes and begins with ``head`` (HEAD bytes)."""
    head = bytes(head)
    return int.from_bytes(head[1:HEAD], "big") if head.startswith(_MARK) else length
