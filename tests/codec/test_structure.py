"""Where records begin and end: exactly, and guessed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.codec.structure import Tracker, last_record, next_record, scan
from tests.codec.reading import Record
from tests.codec.strategies import dumped, interactions

LIKE = b'{"type":"like"}'


class TestScan:
    @settings(max_examples=50)
    @given(st.lists(interactions(), max_size=4), st.integers(0, 3))
    def test_finds_each_record_of_a_list(self, records: list[Record], way: int) -> None:
        raws = [dumped(record, way) for record in records]
        text = b" , ".join(raws)
        found = scan(text)
        assert [text[start:end] for start, end in found.bounds] == raws
        assert (found.rest, found.closed) == (len(text), None)

    def test_finds_the_end_of_the_list(self) -> None:
        found = scan(LIKE + b" ] , {")
        assert (found.bounds, found.closed) == ([(0, 15)], 16)
        assert scan(b"]").closed == 0
        assert scan(b"}").closed == 0

    def test_finds_where_an_unfinished_record_begins(self) -> None:
        found = scan(LIKE + b', {"a":[{"b":1}, "]}')
        assert (found.bounds, found.rest) == ([(0, 15)], 17)

    def test_sees_no_brackets_in_strings(self) -> None:
        for text in (rb'{"a":"}]\"}"}', rb'{"a\\":"{"}', rb'{"a":"\\\"["}'):
            assert scan(text).bounds == [(0, len(text))]

    def test_of_nothing_is_nothing(self) -> None:
        assert (scan(b"").bounds, scan(b" , 1").bounds, scan(b" , 1").rest) == ([], [], 4)


class TestTracker:
    @settings(max_examples=50)
    @given(interactions(), st.integers(0, 3), st.integers(1, 9), st.sampled_from([b"", b"}", b',{"a":1}', b'"\\']))
    def test_finds_the_end_of_a_value_in_pieces(self, record: Record, way: int, size: int, after: bytes) -> None:
        raw = dumped(record, way)
        text = raw + after
        tracker, found = Tracker(), None
        for start in range(0, len(text), size):
            end = tracker.value_end(text[start : start + size])
            if end is not None:
                found = start + end
                break
        assert found == len(raw)

    @pytest.mark.parametrize("size", [1, 2, 3, 100])
    def test_finds_the_first_bracket_outside_strings(self, size: int) -> None:
        text = rb'1, "[\"{\\", nul {'
        tracker = Tracker()
        places = [(start, tracker.bracket(text[start : start + size])) for start in range(0, len(text), size)]
        assert [start + place for start, place in places if place is not None] == [text.rindex(b"{")]


class TestGuesses:
    def test_a_record_begins_after_a_seam(self) -> None:
        text = b'rl":"x"}} ,\n ' + LIKE + b"," + LIKE
        assert next_record(text) == 13
        assert last_record(text) == len(text) - len(LIKE)

    @pytest.mark.parametrize(
        "text", [b"", LIKE, b'},{"type":"love"}', b'},{"a":1}', b'},{"type":"like"', b"},{}", b"} {"]
    )
    def test_nothing_else_reads_like_one(self, text: bytes) -> None:
        assert next_record(text) is None
        assert last_record(text) is None

    @pytest.mark.parametrize("kind", [b"[]", b"{}", b"null", b"1", b'["like"]'])
    def test_a_type_of_another_form_is_none(self, kind: bytes) -> None:
        assert next_record(b'},{"type":' + kind + b"}") is None

    def test_records_may_be_long(self) -> None:
        long = b'{"user_id":"' + b"x" * 200_000 + b'","type":"like"}'
        assert last_record(LIKE + b"," + long) == 16
        assert next_record(b"}," + long) == 2

    @pytest.mark.parametrize("filling", [b"},{", b'},{"a":1', b"},{[", b'},{"type":[', b'},{"type":"love"}'])
    def test_a_text_full_of_seams_takes_no_time(self, filling: bytes) -> None:
        text = b'{"a":"' + filling * (1_000_000 // len(filling))
        began = time.process_time()
        assert (next_record(text), last_record(text)) == (None, None)
        assert time.process_time() - began < 5
