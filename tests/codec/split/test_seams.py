"""Where records begin and end: exactly, and guessed."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.codec.split import seams
from interactions.codec.split.seams import inside_at, next_record
from interactions.codec.split.tracker import Tracker
from tests.codec.read import Record
from tests.codec.strategies import dumped, interactions

LIKE = b'{"type":"like"}'


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


class TestGuesses:
    def test_a_record_begins_after_a_seam(self) -> None:
        text = b'rl":"x"}} ,\n ' + LIKE + b"," + LIKE
        assert next_record(text) == 13

    @pytest.mark.parametrize("opening", [b"[", b"[\n  ", b'{"data":[', b'{ "data" :\n[ '])
    @pytest.mark.parametrize("between", [b"", b"\n", b" ,\r\n", b"\r\xef\xbb\xbf"])
    def test_so_does_what_has_records_in_it(self, opening: bytes, between: bytes) -> None:
        before = b'x"}]' + between
        assert next_record(before + opening + LIKE) == len(before)

    def test_by_line_it_does_wherever_a_line_begins_with_an_object(self) -> None:
        assert next_record(b'x\n{"a":1}\n' + LIKE, by_line=True) == 2
        assert next_record(b'x {"a":1} ' + LIKE, by_line=True) == 10

    @pytest.mark.parametrize(
        ("before", "is_inside"),
        [
            (LIKE + b" ,\n", True),
            (LIKE + b"\n", False),
            (b"[ ", True),
            (b'{"data":[', True),
            (b"]", False),
        ],
    )
    def test_what_is_open_there_is_told_by_what_stands_before_it(self, before: bytes, is_inside: bool) -> None:
        file = io.BytesIO(before + LIKE)
        assert inside_at(file, len(before), (None,)) == ((None,) if is_inside else ())
        assert inside_at(file, 0, (None,)) == ()

    @pytest.mark.parametrize(
        "text", [b"", LIKE, b'},{"type":"love"}', b'},{"a":1}', b'},{"type":"like"', b"},{}", b"} {", b"][{}]", b"][["]
    )
    def test_nothing_else_reads_like_one(self, text: bytes) -> None:
        assert next_record(text) is None

    @pytest.mark.parametrize("kind", [b"[]", b"{}", b"null", b"1", b'["like"]'])
    def test_a_type_of_another_form_is_none(self, kind: bytes) -> None:
        assert next_record(b'},{"type":' + kind + b"}") is None

    def test_records_may_be_long(self) -> None:
        long = b'{"user_id":"' + b"x" * 200_000 + b'","type":"like"}'
        assert next_record(b"}," + long) == 2

    @pytest.mark.parametrize("filling", [b"},{", b'},{"a":1', b"},{[", b'},{"type":[', b'},{"type":"love"}'])
    def test_a_text_full_of_seams_is_given_up_soon(self, filling: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[int] = []
        look = seams.syntax.value_end
        monkeypatch.setattr(seams.syntax, "value_end", lambda *place: seen.append(place[1]) or look(*place))
        assert next_record(b'{"a":"' + filling * (1_000_000 // len(filling))) is None
        assert len(seen) <= 200
