"""Blocks: they cover a file, end between records, and are found without reading it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.codec.source import shape_of
from interactions.codec.split import plan
from tests.codec.read import Record
from tests.codec.strategies import dumped, interactions

LIKE = b'{"type":"like"}'


def bounds(text: bytes, size: int) -> list[tuple[int, int]]:
    file = io.BytesIO(text)
    return list(plan.blocks(file, shape_of(file), len(text), size=size))


class TestBlocks:
    @settings(max_examples=60)
    @given(st.lists(interactions(), min_size=1, max_size=6), st.booleans(), st.integers(1, 600))
    def test_cover_the_text_without_a_gap(self, records: list[Record], lines: bool, size: int) -> None:
        raws = [LIKE, *(dumped(record, 0) for record in records)]
        text = b"\n".join(raws) if lines else b"[" + b",".join(raws) + b"]"
        found = bounds(text, size)
        assert [start for start, _ in found] == [0, *(end for _, end in found[:-1])]
        assert found[-1][1] == len(text)
        assert all(start < end for start, end in found)

    def test_are_less_towards_the_end(self) -> None:
        text = b"\n".join([LIKE] * 10_000)
        file = io.BytesIO(text)
        found = plan.blocks(file, shape_of(file), len(text), size=20_000, smallest=2_000, share=3)
        sizes = [end - start for start, end in found]
        assert sum(sizes) == len(text)
        assert all(abs(size - 20_000) < 100 for size in sizes[:5])
        assert sizes[5:] == sorted(sizes[5:], reverse=True)
        assert sizes[-2] < 2_100

    def test_begin_with_a_record(self) -> None:
        for text in (b"\n".join([LIKE] * 50), b"[" + b" ,\n ".join([LIKE] * 50) + b"]"):
            found = bounds(text, 100)
            assert 5 < len(found) < 20
            assert all(text.startswith(LIKE, start) for start, _ in found[1:])

    def test_are_about_as_long_as_was_asked_for(self) -> None:
        text = b"[" + b",".join([LIKE] * 10_000) + b"]"
        assert all(20_000 <= end - start <= 20_000 + 2 * len(LIKE) for start, end in bounds(text, 20_000)[:-1])

    @pytest.mark.parametrize("text", [b"[", b"[]", b'{"data":[]}', LIKE, LIKE + b"\n", b"[" + LIKE])
    def test_of_a_small_file_are_one(self, text: bytes) -> None:
        assert [end for _, end in bounds(text, 1000)] == [len(text)]
        assert bounds(text, 1)[-1][1] == len(text)

    def test_are_longer_where_no_record_ends(self) -> None:
        long = b'{"type":"like","user_id":"' + b"x" * 300_000 + b'"}'
        for separator in (b"\n", b","):
            text = separator.join([LIKE, long, LIKE, LIKE])
            found = bounds(text if separator == b"\n" else b"[" + text + b"]", 1000)
            assert [end - start > 300_000 for start, end in found].count(True) == 1
            assert len(found) <= 3

    def test_are_found_without_reading_the_file(self) -> None:
        class Counted(io.BytesIO):
            read_bytes = 0

            def read(self, size: int | None = -1) -> bytes:
                found = super().read(size)
                self.read_bytes += len(found)
                return found

        text = b"[" + b",".join([LIKE] * 500_000) + b"]"
        file = Counted(text)
        assert len(list(plan.blocks(file, shape_of(file), len(text), size=1 << 20))) == 8
        assert file.read_bytes < len(text) / 10
