"""Packed text is read from any place on as the text itself is."""

from __future__ import annotations

import io
import random

import pytest

from interactions import packed_text
from interactions.packed_text import PackedWriter, text_of

TEXT = b"".join(b'{"type":"like","user_id":"u%d"}\n' % number for number in range(500))


@pytest.fixture(params=[1, 100, len(TEXT), 1 << 20])
def file(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """A file of packed text with so many bytes of text in a frame."""
    monkeypatch.setattr(packed_text, "_FRAME", request.param)
    file = io.BytesIO()
    writer = PackedWriter(file)
    for start in range(0, len(TEXT), 777):
        writer.write(TEXT[start : start + 777])
    writer.write(b"")
    writer.finish()
    assert writer.size == len(TEXT)
    file.seek(0)
    return file


def test_all_of_it_is_read(file: io.BytesIO) -> None:
    assert text_of(file).read() == TEXT


def test_it_is_read_from_any_place_on(file: io.BytesIO) -> None:
    text, chance = text_of(file), random.Random(3)
    for place in [0, len(TEXT), len(TEXT) + 9, *(chance.randrange(len(TEXT)) for _ in range(200))]:
        size = chance.choice([1, 5, 900])
        assert text.seek(place) == place
        assert text.read(size) == TEXT[place : place + size]


def test_its_size_is_the_place_of_its_end(file: io.BytesIO) -> None:
    assert text_of(file).seek(0, io.SEEK_END) == len(TEXT)


def test_text_that_is_not_packed_is_read_as_it_is() -> None:
    assert text_of(io.BytesIO(TEXT)).read() == TEXT


def test_it_takes_an_eighth_of_the_room() -> None:
    file = io.BytesIO()
    writer = PackedWriter(file)
    writer.write(TEXT * 100)
    writer.finish()
    assert len(file.getvalue()) < len(TEXT) * 100 / 8
