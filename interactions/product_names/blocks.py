"""Names in blocks of some hundred: a product's block follows from its id, so a page reads only those of its ids."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

_IN_A_BLOCK: Final = 512  # names, on average
_FASTEST: Final = 1


def blocks_for(names: int) -> int:
    """The number of blocks for so many names."""
    return max(1, -(-names // _IN_A_BLOCK))


def number_of(identifier: str, blocks: int) -> int:
    """The block of a product, from 0."""
    return zlib.crc32(identifier.encode(errors="surrogatepass")) % blocks


def packed(by_id: Mapping[str, str], blocks: int) -> Iterable[tuple[int, bytes]]:
    """The number and data of each block that has a name."""
    found: list[dict[str, str]] = [{} for _ in range(blocks)]
    for identifier, name in by_id.items():
        found[number_of(identifier, blocks)][identifier] = name
    for number, names in enumerate(found):
        if names:
            yield number, zlib.compress(msgspec.json.encode(names), _FASTEST)


def unpacked(data: bytes | memoryview) -> dict[str, str]:
    """The names in a block, by product id."""
    return msgspec.json.decode(zlib.decompress(bytes(data)), type=dict[str, str])


def holds(data: bytes | memoryview, text: str) -> dict[str, str]:
    """The names in a block that contain ``text``, in lower case. Most blocks are left without being parsed."""
    wanted = msgspec.json.encode(text)[1:-1]
    if text.isascii() and wanted not in zlib.decompress(bytes(data)).lower():
        return {}
    return {identifier: name for identifier, name in unpacked(data).items() if text in name.lower()}
