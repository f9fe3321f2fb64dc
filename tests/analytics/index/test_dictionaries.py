"""Texts and pairs of ids have codes, each one, whoever asks and however often."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest

from interactions.analytics.index.dictionaries import CAMPAIGN, Dictionary
from interactions.analytics.index.lookups import hashes_of, lookup_of
from interactions.analytics.index.pair_codes import PairCodes
from interactions.analytics.index.run import Lookup, Pairs


def dictionary(*texts: str | None) -> Dictionary:
    return Dictionary(pa.chunked_array([pa.array(texts, pa.string())]))


def codes(of: Dictionary, *texts: str) -> list[int]:
    found: list[int] = of.codes(pa.array(texts, pa.string())).tolist()
    return found


def test_equal_texts_have_one_code() -> None:
    of = dictionary()
    assert codes(of, "a", "b", "a", "") == [0, 1, 0, 2]
    assert codes(of, "", "c", "b") == [2, 3, 1]
    assert of.texts.to_pylist() == ["a", "b", "", "c"]
    assert len(of) == 4


def test_nothing_is_asked_for() -> None:
    assert codes(dictionary()) == []
    assert codes(dictionary("a")) == []


def test_what_is_known_keeps_its_code_with_a_lookup_and_without() -> None:
    texts = [f"text {number}" for number in range(3_000)]
    array = pa.array(texts)
    known = pa.chunked_array([array.slice(0, 1_000), array.slice(1_000, 1_500), array.slice(2_500)])
    halves = [lookup_of(hashes_of(known.chunk(0)), 0), lookup_of(hashes_of(known.chunk(1)), 1_000)]
    for lookups in ([], halves[:1], halves):
        of = Dictionary(known, lookups)
        assert codes(of, *reversed(texts), "new") == [*reversed(range(3_000)), 3_000]


def test_a_blank_is_nobodys_code() -> None:
    of = Dictionary(
        pa.chunked_array([pa.array([None, "b", None])]), [lookup_of(hashes_of(pa.array(["a", "b", "c"])), 0)]
    )
    assert codes(of, "a", "b", "c") == [3, 1, 4]


def test_a_dictionary_grows_beyond_its_first_size() -> None:
    of = dictionary("known")
    texts = [f"text {number}" for number in range(20_000)]
    for start in range(0, 20_000, 3_000):
        codes(of, *texts[start : start + 3_000])
    assert codes(of, *texts) == list(range(1, 20_001))


def test_threads_agree() -> None:
    of, batches = dictionary("t1"), [[f"t{(number * step) % 997}" for number in range(2_000)] for step in range(1, 9)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda batch: codes(of, *batch), batches))
    texts = of.texts.to_pylist()
    assert len(set(texts)) == len(texts) == 997
    assert [[texts[code] for code in batch] for batch in found] == batches


@pytest.mark.parametrize("place", range(5))
def test_campaigns_that_differ_in_one_text_are_two(place: int) -> None:
    one, other = ["a", "b", "c", "d", "e"], ["a", "b", "c", "d", "e"]
    other[place] = "f"
    rows = [dict(zip(("source", "medium", "name", "term", "content"), row, strict=True)) for row in (one, other, one)]
    of = Dictionary(pa.chunked_array([], CAMPAIGN))
    assert of.codes(pa.array(rows, CAMPAIGN)).tolist() == [0, 1, 0]


class TestPairs:
    def test_have_one_code_each_whatever_they_lack(self) -> None:
        of, columns = _pairs([(5, 5, 3), (5, 0, 1), (0, 5, 2), (0, 0, 0), (5, 5, 3), (0, 0, 3)])
        assert of.codes(*columns).tolist() == [0, 1, 2, 3, 0, 4]

    def test_are_known_with_a_lookup_and_without(self) -> None:
        rows = [(number % 70, number % 30, 1 + number % 3) for number in range(210)]
        of, columns = _pairs(rows)
        of.codes(*columns)
        known = of.pairs
        for of in (PairCodes(known), PairCodes(known, [_lookup(known, 100)])):
            assert of.codes(known.user, known.visitor, known.has).tolist() == list(range(len(known)))
            assert of.codes(np.array([99]), np.array([99]), np.array([3], np.uint8)).tolist() == [len(known)]

    def test_are_not_taken_for_others_of_the_same_hash(self) -> None:
        one = Pairs(np.array([1]), np.array([2]), np.array([3], np.uint8), np.array([1]))
        other = Pairs(np.array([8]), np.array([9]), np.array([3], np.uint8), np.array([1]))
        of = PairCodes(one, [Lookup(_lookup(other, 1).hashes, np.array([0], np.int32))])
        assert of.codes(other.user, other.visitor, other.has).tolist() == [1]

    def test_that_were_blanked_out_are_new(self) -> None:
        known = Pairs(np.array([1]), np.array([2]), np.array([3], np.uint8), np.array([0]))
        blank = Pairs(np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.uint8), np.array([0]))
        of = PairCodes(blank, [_lookup(known, 1)])
        assert of.codes(known.user, known.visitor, known.has).tolist() == [1]

    def test_are_counted_and_what_was_given_before_stays(self) -> None:
        of, columns = _pairs([(1, 0, 1), (2, 0, 1)])
        codes = of.codes(*columns)
        of.count(codes)
        before = of.pairs
        of.count(np.repeat(codes, 3))
        assert (before.records.tolist(), of.pairs.records.tolist()) == ([1, 1], [4, 4])
        more, _ = PairCodes(of.pairs), of.pairs
        more.count(more.codes(*columns))
        assert more.pairs.records.tolist() == [5, 5]


def _pairs(rows: Sequence[tuple[int, int, int]]) -> tuple[PairCodes, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    user, visitor, has = np.array(rows, np.int64).T
    none = np.empty(0, np.int64)
    of = PairCodes(Pairs(none, none, none.astype(np.uint8), none))
    return of, (np.ascontiguousarray(user), np.ascontiguousarray(visitor), has.astype(np.uint8))


def _lookup(pairs: Pairs, count: int) -> Lookup:
    from interactions.analytics.index.lookups import hashes_of_pairs

    return lookup_of(hashes_of_pairs(pairs.user[:count], pairs.visitor[:count], pairs.has[:count]), 0)
