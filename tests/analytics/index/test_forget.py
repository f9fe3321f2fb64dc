"""Nothing is left in an index of people who were erased."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.analytics.index.build import build_table
from interactions.analytics.index.columns import events_of
from interactions.analytics.index.delta import append
from interactions.analytics.index.dictionaries import Dictionaries
from interactions.analytics.index.forget import forgotten, held, without_unused
from interactions.analytics.index.run import Index
from interactions.analytics.index.selection import codes_of, hide
from interactions.contract.tombstones import Tombstones

from ...lakes import Record, key_of
from .rows import table_of
from .tables import NOBODY, row, stones, whole
from .test_delta import ROWS, Kept, is_hidden
from .test_delta import stones as numbered


def made(*pieces: list[Record], hidden: Tombstones = NOBODY) -> Index:
    """An index of some records, then others."""
    index = build_table(keyed(pieces[0]), hidden, "production", 1)
    for rows in pieces[1:]:
        codes = Dictionaries.of(index)
        events = events_of(keyed(rows), codes)
        index = append(index, events, codes.pairs, codes.texts)
    return index


def keyed(rows: list[Record]) -> pa.Table:
    named = [{"user_key": key_of(each["user_id"]), "anonymous_key": key_of(each["anonymous_id"])} for each in rows]
    return table_of([{**each, **keys} for each, keys in zip(rows, named, strict=True)])


ANN = [row("ann", "device", 1, page_url="https://shop.example/ann"), row("ann", None, 2, keywords="tea")]
BOB = [row("bob", "device", 3, page_url="https://shop.example/bob"), row("bob", None, 4, keywords="tea")]
ANN_GOES = stones({"ann": 100})


def texts_of(index: Index) -> set[str]:
    columns = (getattr(index.texts, name) for name in ("page", "keywords", "product"))
    return {text for column in columns for text in column.to_pylist() if text is not None}


@pytest.mark.parametrize("is_hidden_first", [False, True])
def test_no_event_key_or_text_of_theirs_is_left(is_hidden_first: bool) -> None:
    index = made(ANN + BOB, [row("ann", None, 5)], [row("ann", None, 6)])
    assert held(index, ANN_GOES) == 2 + 4, "Those in the first run are dead, and held."
    index = forgotten(hide(index, ANN_GOES) if is_hidden_first else index, ANN_GOES)
    assert held(index, ANN_GOES) == 0
    assert not any((index.pairs.user[run.pair] == key_of("ann")).any() for run in index.runs)
    assert key_of("ann") not in index.pairs.user
    assert not any((run.people == key_of("ann")).any() for run in index.runs)
    assert texts_of(index) == {"https://shop.example/bob", "tea", "k3", "p1", "p3", "p4"}
    assert whole(index) == whole(made(BOB))


def test_hidden_ones_are_still_held() -> None:
    index = hide(made(ANN + BOB), ANN_GOES)
    assert held(index, ANN_GOES) == 2
    assert not len(codes_of(index.pairs, NOBODY))


def test_what_they_did_later_stays() -> None:
    until = stones({"ann": 1})
    index = forgotten(made(ANN + BOB), until)
    assert held(index, until) == 0 and len(index) == 3
    assert "https://shop.example/ann" not in texts_of(index)


def test_whoever_is_not_concerned_is_not_written_anew() -> None:
    index = made(BOB, ANN)
    assert forgotten(index, ANN_GOES).runs == index.runs[:1]
    together = made(ANN + BOB, [row("carl", None, 1)])
    runs = forgotten(together, ANN_GOES).runs
    assert runs[0].dead is None and runs[1] is together.runs[1]


def test_texts_that_are_used_stay_the_same_object() -> None:
    index = made(ANN + BOB)
    assert without_unused(index) is index


def test_a_text_that_comes_back_gets_another_code() -> None:
    index = forgotten(made(ANN + BOB), ANN_GOES)
    codes = Dictionaries.of(index)
    code = codes["page"].codes(pa.array(["https://shop.example/ann"]))[0]
    assert code == len(index.texts.page)
    assert index.texts.page.null_count == 1


@settings(max_examples=100)
@given(ROWS, ROWS, st.dictionaries(st.integers(1, 4), st.integers(0, 12), max_size=2), st.integers(0, 12))
def test_it_equals_one_that_is_built_without_them(first: list, more: list, users: dict[int, int], at: int) -> None:
    kept, people = Kept(), numbered(users, {3: at})
    kept.add(*first)
    kept.add(*more)
    kept.index = forgotten(kept.index, people)
    kept.rows = [each for each in kept.rows if not is_hidden(each, people)]
    kept.check()
    assert held(kept.index, people) == 0
