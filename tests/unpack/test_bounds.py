"""Unpacking takes little memory, and work that grows with what there is to unpack."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import pytest
import zstandard

from interactions import unpack
from interactions.unpack import frames, open_text

from .archives import RECORDS, tarred, text_of, zipped
from .test_unpack import refusal


def test_packing_that_never_ends_is_refused(tmp_path: Path) -> None:
    content = RECORDS
    for _ in range(9):
        content = gzip.compress(content)
    assert refusal(tmp_path, content) == "The file is compressed more than 8 times over. Unpack it first."


def _read_through(path: Path) -> None:
    with open_text(path, most=20 << 20, sentence="too much") as text:
        while text.read(1 << 20):
            pass


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)), packer.flush()])


@pytest.mark.parametrize(
    "content",
    [
        bomb(64 << 20),
        gzip.compress(bomb(64 << 20)),
        zstandard.compress(bytes(64 << 20)),
        bz2.compress(bytes(64 << 20)),
        lzma.compress(bytes(64 << 20)),
        bz2.compress(lzma.compress(bytes(64 << 20))),
        zipped({"a.csv": b"x" * (64 << 20), "b.json": RECORDS}),
        gzip.compress(tarred({"a.csv": b"x" * (64 << 20)})),
        zipped({"a.json.gz": bomb(64 << 20)}),
    ],
    ids=[
        "gzip",
        "gzip in gzip",
        "zstd",
        "bzip2",
        "xz",
        "xz in bzip2",
        "zip, of what is left out",
        "tar.gz, of what is left out",
        "gzip in zip",
    ],
)
def test_a_bomb_is_stopped_in_little_memory(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(content)
    del content
    tracemalloc.start()
    try:
        with pytest.raises(unpack.UnpacksTooFar, match="too much"):
            _read_through(path)
        assert tracemalloc.get_traced_memory()[1] < 48 << 20  # zstd makes up to 32 MB of 1 KB
    finally:
        tracemalloc.stop()


class _Counting:
    """A decompressor that counts the bytes it is given and gives back."""

    bytes = 0

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def decompress(self, data: bytes, *most: int) -> bytes:
        _Counting.bytes += len(data)
        made: bytes = self._inner.decompress(data, *most)
        _Counting.bytes += len(self._inner.unused_data)
        return made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@pytest.mark.parametrize(
    ("pack", "name"),
    [(gzip.compress, "Deflate"), (zstandard.compress, "_Zstd"), (bz2.compress, "_Held"), (lzma.compress, "_Held")],
)
@pytest.mark.parametrize("piece", [b"", b'{"type":"like"}\n'])
def test_work_grows_with_the_number_of_members_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Any, name: str, piece: bytes
) -> None:
    kind = getattr(frames, name)
    made = kind.__init__

    def counted(self: Any, *given: Any) -> None:
        made(self, *given)
        self._object = _Counting(self._object)

    monkeypatch.setattr(kind, "__init__", counted)
    steps = []
    for members in (1000, 4000):
        _Counting.bytes = 0
        assert text_of(tmp_path, pack(piece) * members)[0] == piece * members
        steps.append(_Counting.bytes)
    assert steps[1] <= 4.2 * steps[0]
    assert steps[1] < 4000 * 3 * max(64, 2 * len(pack(piece)))


def test_members_by_the_thousand_hold_nothing_for_each(tmp_path: Path) -> None:
    path = tmp_path / "many.tar"
    path.write_bytes(tarred({str(number): b"{}" for number in range(5000)}))
    with open_text(path) as text:
        text.read(1000)
        tracemalloc.start()
        while text.read(1 << 16):
            pass
        assert tracemalloc.get_traced_memory()[1] < 6 << 20  # a header kept for each would take 10 MB
        tracemalloc.stop()
