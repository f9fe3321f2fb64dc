"""However a file is cut, into blocks or into windows, the same is found in it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interactions.codec.source import Shape
from interactions.codec.split import documents, plan, windows
from interactions.codec.split.windows import ByteRange, Format, Unsound
from interactions.contract import schema
from tests.codec.read import Outcome, Record, read_blocks, read_file, read_run, same
from tests.codec.strategies import dumped, faulty, interactions

LIKE = b'{"type":"like"}'
#: A record that looks like two and a half, wherever one begins to read.
MAZE = json.dumps(
    {
        "type": "like",
        "user_id": '},{"type":"click"},{"type":"read"}',
        "context": {
            "custom_context": {"l": [{"type": "click"}, {"type": "custom", "a": "\\"}, {"type": "read"}], "s": '\\"},{'}
        },
    }
).encode()
few = settings(max_examples=25)
many = settings(max_examples=50)


@contextmanager
def small(window: int, pieces: int = windows.MOST_PIECES) -> Iterator[None]:
    with (
        patch.object(windows, "WINDOW_BYTES", window),
        patch.object(windows, "MOST_PIECES", pieces),
    ):
        yield


def cut_every_way(text: bytes, window: int, block: int, *, longest: int = 1 << 20) -> Outcome:
    """Assert that the file is read alike in one window, in small windows, and in small blocks of them."""
    whole = read_file(text, longest=longest)
    with small(window):
        same(read_file(text, longest=longest), whole)
        same(read_blocks(text, block, longest=longest), whole)
    with small(window, pieces=3):
        same(read_file(text, longest=longest), whole)
    same(read_blocks(text, block, longest=longest), whole)
    return whole


record_texts = st.builds(dumped, interactions() | faulty(), st.integers(0, 3)) | st.sampled_from([LIKE, MAZE, b"{}"])
commas = st.sampled_from([b",", b",", b",", b",", b", ", b",\n", b"\r\n ,\t", b" ", b",,", b"\x0b,"])
strays = st.sampled_from(
    [
        b"",
        b"",
        b"",
        b"",
        b"1,",
        b'"a",null,',
        b'"},{",',
        b"nul,",
        b"1 2,",
        b'"',
        b"\\",
        b"}",
        b"]",
        b"[1],",
        b"[",
        b"{,",
        b'{"',
    ]
)
no_records = st.sampled_from([b"", b" ", b"nul", b"[1]", b'{"', b"\xff"])
sizes = st.integers(20, 500)


@st.composite
def broken_lists(draw: st.DrawFn) -> bytes:
    """A list of records, in an object or not, with what does not belong there in between, and perhaps cut off."""
    parts = [part for _ in range(draw(st.integers(0, 6))) for part in (draw(record_texts), draw(commas), draw(strays))]
    inner = b"".join([draw(st.sampled_from([b"", b"", b" ", b",", b"3,"])), *parts])
    before, after = draw(
        st.sampled_from(
            [
                (b"[", b"]"),
                (b'{"data":[', b"]}"),
                (b'{"n":[{"type":"like"}],"data":[', b'],"m":[' + LIKE + b"," + LIKE + b"]}\n"),
                (b"[", b"] \n x"),
                (b"[", b"]]"),
                (b'{"data":[', b"]"),
                (b'{"data":[', b'],"data":[' + LIKE + b"]}"),
            ]
        )
    )
    text = before + LIKE + b"," + inner + after
    return text[: draw(st.integers(len(before) + 1, len(text)))] if draw(st.integers(0, 3)) == 0 else text


class TestCutsChangeNothing:
    @few
    @given(st.lists(interactions(), min_size=1, max_size=6), st.integers(0, 3), sizes, sizes)
    def test_of_good_lists(self, records: list[Record], way: int, window: int, block: int) -> None:
        for text in (b"[" + b",\n".join(dumped(each, way) for each in records) + b"]", dumped({"data": records}, way)):
            assert cut_every_way(text, window, block).rules == []

    @many
    @given(broken_lists(), sizes, sizes)
    @example(b"[" + LIKE + b", nul" + b" " * 70 + b"l," + LIKE + b"]", 30, 30)
    @example(b"[" + LIKE + b"," * 70 + LIKE + b"]", 30, 30)
    @example(b"[" + LIKE + b",1" * 70 + b"," + LIKE + b"]", 30, 30)
    def test_of_broken_lists(self, text: bytes, window: int, block: int) -> None:
        cut_every_way(text, window, block)

    @many
    @given(
        st.lists(record_texts | st.sampled_from([b"", b" ", b"nul", b"[1]", b'{"', b"\xff"]), max_size=8), sizes, sizes
    )
    def test_of_lines(self, raws: list[bytes], window: int, block: int) -> None:
        lines = [raw.replace(b"\n", b" ") for raw in raws]
        cut_every_way(b"\n".join([LIKE, *lines]), window, block)

    @many
    @given(broken_lists(), sizes, sizes, st.integers(20, 200))
    def test_with_records_that_are_too_large(self, text: bytes, window: int, block: int, longest: int) -> None:
        cut_every_way(text, window, block, longest=longest)

    @pytest.mark.parametrize("window", [20, 64, 100, 257, 500])
    @pytest.mark.parametrize("block", [1, 50, 333])
    def test_of_records_that_look_like_others(self, window: int, block: int) -> None:
        records = [MAZE, LIKE, MAZE, MAZE, LIKE, LIKE, MAZE]
        for text in (b"[" + b",".join(records) + b"]", b"\n".join(records)):
            assert len(cut_every_way(text, window, block).accepted) == len(records)


class TestASeamThatWasGuessedWrong:
    def test_makes_the_run_unsound(self) -> None:
        text = b"[" + MAZE + b"," + LIKE + b"]"
        for end in (text.index(b'{"type": "click"}, {"type": "custom"'), text.index(b'{"type": "read"}]')):
            with pytest.raises(Unsound):
                read_run(text, ByteRange(0, end, len(text), (None,)))

    def test_behind_the_list_makes_the_run_unsound(self) -> None:
        text = b'{"data":[' + LIKE + b'],"more":[' + LIKE + b"," + LIKE + b"]}"
        with pytest.raises(Unsound):
            read_run(text, ByteRange(0, text.rindex(LIKE), len(text), (frozenset(["data"]),)))

    def test_is_made_good_by_one_run_to_the_end(self) -> None:
        text = b"[" + b",".join([MAZE] * 20) + b"]"
        bounds = list(plan.blocks(io.BytesIO(text), Shape(Format.ARRAY, (None,)), len(text), size=100))
        assert any(text[end : end + len(MAZE)] != MAZE for _, end in bounds[:-1])
        assert len(read_blocks(text, 100).accepted) == 20


class TestPlaces:
    @pytest.mark.parametrize("form", ["list", "lines"])
    def test_a_problem_names_the_offset_and_the_number_of_its_record(self, form: str) -> None:
        bad = [b'{"type":"love"}', b'{"type":"like",}', b'{"type":"like","rating":1}']
        raws = [LIKE, bad[0], LIKE, LIKE, bad[1], bad[2], LIKE]
        text = b"\n".join(raws) if form == "lines" else b"[" + b" ,\n".join(raws) + b"]"
        outcome = cut_every_way(text, 40, 40)
        assert outcome.offsets == [text.index(each) for each in bad]
        assert [index for index, _, _ in outcome.rejected] == [1, 4, 5]
        assert outcome.texts == bad

    def test_scalars_are_records_that_are_no_objects(self) -> None:
        text = b"[" + LIKE + b', 12 , "a, b",null,' + LIKE + b"]"
        outcome = cut_every_way(text, 20, 20)
        assert outcome.rules == [documents.NO_OBJECT] * 3
        assert outcome.texts == [b"12", b'"a, b"', b"null"]
        assert outcome.offsets == [text.index(each) for each in outcome.texts]
        assert outcome.records == 5

    def test_what_is_no_json_between_records_is_one_problem(self) -> None:
        text = b"[" + LIKE + b", hello world, " + LIKE + b"]"
        outcome = cut_every_way(text, 20, 20)
        assert (outcome.rules, outcome.texts) == ([documents.STRAY], [b"hello world"])
        assert len(outcome.accepted) == 2

    def test_much_of_it_is_one_problem_too_and_its_place_is_named(self) -> None:
        text = b"[" + LIKE + b", hello" + b" world" * 20_000 + b"," + LIKE + b"]"
        outcome = cut_every_way(text, 5000, 5000, longest=10_000)
        assert (outcome.rules, outcome.offsets) == ([documents.STRAY], [len(LIKE) + 3])
        assert outcome.values == [f"bytes {len(LIKE) + 3} to {len(text) - len(LIKE) - 1} of the file"]
        assert len(outcome.accepted) == 2

    def test_a_comma_too_many_or_too_few_loses_nothing(self) -> None:
        for text in (b"[" + LIKE + b",," + LIKE + b",]", b"[" + LIKE + LIKE + b"]"):
            outcome = cut_every_way(text, 20, 20)
            assert (len(outcome.accepted), outcome.rules) == (2, [])

    @pytest.mark.parametrize("way", [0, 1, 2, 3])
    def test_types_in_every_window_are_all_there(self, way: int) -> None:
        records = [{"type": kind, **({"custom_action_name": "x"} if kind == "custom" else {})} for kind in schema.TYPES]
        outcome = cut_every_way(dumped(records, way), 64, 64)
        assert [record["type"] for record in outcome.accepted] == list(schema.TYPES)
