"""The compiled checks of cells agree with patterns and plain Python."""

from __future__ import annotations

import json
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.compiled import cells as loops
from interactions.connectors.table.cells import array_of, cells_of
from interactions.connectors.table.mapping import Mapping, Times
from interactions.connectors.table.plain import json_of

NUMBER = r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?"
TIME = r"\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-4]):[0-5]\d)"
ADDRESS = r"(\d{1,3}\.){3}\d{1,3}"


def mostly(pattern: str, letters: str) -> st.SearchStrategy[str]:
    """Texts of a pattern, some of them with a character replaced, and other texts of ``letters``."""
    right = st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
    wrong = st.tuples(right, st.integers(0, 40), st.sampled_from(letters)).map(
        lambda each: each[0][: each[1]] + each[2] + each[0][each[1] + 1 :]
    )
    return st.one_of(right, wrong, st.text(letters, min_size=1))


def column(texts: list[str | None]) -> pa.ChunkedArray:
    """The texts within a larger column, as they are after it was cut."""
    return pa.chunked_array([pa.array(["x,y", None, *texts, "z"], pa.string()).slice(2, len(texts))])


def is_all(pattern: str, texts: list[str | None]) -> bool:
    return all(re.fullmatch(pattern, text, re.ASCII) is not None for text in texts if text)


def optional(texts: st.SearchStrategy[str]) -> st.SearchStrategy[list[str | None]]:
    return st.lists(st.one_of(st.none(), texts), max_size=3)


@given(optional(mostly(NUMBER, "0123456789.-+e ")))
def test_numbers(texts: list[str | None]) -> None:
    cells = cells_of(column(texts))
    assert bool(loops.are_numbers(cells.data, cells.ends, np.frombuffer(b"", np.uint8))) == is_all(NUMBER, texts)


@given(optional(mostly(rf"{NUMBER}(\|{NUMBER}){{0,3}}", "01.-|")))
def test_lists_of_numbers(texts: list[str | None]) -> None:
    cells = cells_of(column(texts))
    found = loops.are_numbers(cells.data, cells.ends, np.frombuffer(b"|", np.uint8))
    assert bool(found) == is_all(rf"{NUMBER}(\|{NUMBER})*", texts)


@given(optional(mostly(TIME, "0123456789-+:TZ .t")))
def test_times(texts: list[str | None]) -> None:
    cells = cells_of(column(texts))
    assert bool(loops.are_times(cells.data, cells.ends)) == is_all(TIME, texts)


@given(optional(mostly(ADDRESS, "0123456789. ")))
def test_addresses(texts: list[str | None]) -> None:
    cells = cells_of(column(texts))
    assert bool(loops.are_addresses(cells.data, cells.ends)) == is_all(ADDRESS, texts)


@given(optional(st.text(min_size=1)))
def test_plain_texts(texts: list[str | None]) -> None:
    has_odd = any(character < " " or character in '"\\' for text in texts if text for character in text)
    assert bool(loops.are_plain(cells_of(column(texts)).text)) is not has_odd


@pytest.mark.parametrize("separator", ["|", ", ", "ab", "é"])
@given(data=st.data())
def test_lists_are_read_as_if_they_were_split(separator: str, data: st.DataObject) -> None:
    texts = data.draw(optional(st.text(f"ab {separator}é", min_size=1)))
    mapping = Mapping(separators={"product_ids": separator})
    parts = json_of("product_ids", column(texts), mapping)
    split = [None if text is None else text.split(separator) for text in texts]
    spaced = any(not part or part != part.strip(" ") for each in split if each for part in each)
    assert (parts is None) is spaced
    if parts is not None:
        before, made, after = parts
        assert [each and json.loads(before + each + after) for each in made.to_pylist()] == split


@pytest.mark.parametrize("separator", ["-", ".", "0"])
def test_separators_that_numbers_contain_are_left_to_the_engine(separator: str) -> None:
    assert json_of("quantities", column(["1"]), Mapping(separators={"quantities": separator})) is None


def test_a_column_without_any_cell_is_plain() -> None:
    assert json_of("timestamp", column([None, None]), Mapping(times=Times("iso", "UTC"))) is not None


@given(optional(st.text(min_size=1)))
def test_columns_are_made_with_null_where_others_have_it(texts: list[str | None]) -> None:
    like = column(texts)
    cells = cells_of(like)
    made = array_of((cells.ends - cells.ends[0]).astype(np.int32), np.array(cells.text), like)
    assert made.to_pylist() == texts
    made.validate(full=True)
    assert (cells.valid is None) is (None not in texts)
    if cells.valid is not None:
        assert cells.valid.tolist() == [text is not None for text in texts]
