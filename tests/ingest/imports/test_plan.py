"""Cutting a file into blocks, where that is hard."""

import io
from typing import BinaryIO, cast

import pytest

from interactions.codec.source import Shape
from interactions.codec.split import plan
from interactions.codec.split.windows import Format

MEGABYTE = 1 << 20


class Blanks(io.RawIOBase):
    """A file of blanks that is made as it is read; ``most`` is what was read at once."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._place = 0
        self.most = 0

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        self._place = place
        return place

    def read(self, size: int = -1) -> bytes:
        self.most = max(self.most, size)
        piece = b" " * max(0, min(size, self._length - self._place))
        self._place += len(piece)
        return piece


@pytest.mark.parametrize("form", [Format.ARRAY, Format.LINES])
def test_a_file_without_seams_is_one_block_and_is_never_held_as_a_whole(form: Format) -> None:
    length = 150 * MEGABYTE
    file = Blanks(length)
    assert list(plan.blocks(cast(BinaryIO, file), Shape(form), length, size=MEGABYTE)) == [(0, length)]
    assert file.most <= 32 * MEGABYTE
