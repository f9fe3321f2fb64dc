"""Runs of fingerprints find every copy of a record, however the words lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from interactions.ingest.duplicates import runs
from interactions.ingest.duplicates.runs import Copies, FingerprintRun

WORDS = st.integers(0, (1 << 64) - 1)


@given(st.lists(WORDS, min_size=1, max_size=300), st.lists(WORDS), st.integers(0, 63))
def test_words_are_found_as_a_binary_search_finds_them(there: list[int], asked: list[int], shift: int) -> None:
    ordered = np.sort(np.array(there, np.uint64) >> np.uint64(shift))  # shifted, they lie close together
    wanted = np.sort(np.concatenate((np.array(asked, np.uint64), ordered[::7])))
    assert runs.places_of(ordered, wanted).tolist() == np.searchsorted(ordered, wanted).tolist()


def test_words_far_from_where_they_should_be_are_found() -> None:
    spread = np.random.default_rng(1).integers(0, 1 << 64, 5_000, np.uint64)
    close = np.arange(1 << 60, (1 << 60) + 3_000, dtype=np.uint64)
    ordered = np.sort(np.concatenate((spread, np.full(3_000, 5, np.uint64), close)))
    wanted = np.sort(np.concatenate((ordered[::3], spread[:100] + np.uint64(1))))
    assert runs.places_of(ordered, wanted).tolist() == np.searchsorted(ordered, wanted).tolist()


def test_all_copies_of_a_record_are_counted(tmp_path: Path) -> None:
    rows = 5
    rest = np.zeros(rows, runs.REST)
    rest["second"], rest["part"], rest["more"] = [2, 2, 4, 2, 2], range(rows), [1, 2, 1, 1, 7]
    first = np.array([3, 3, 3, 3, (1 << 64) - 1], np.uint64)
    file = runs.write(tmp_path / "a.run", runs.Columns(first, rest, np.zeros(0, runs.IDS)))
    found = Copies.nothing(3)
    asked, second = np.array([1, 3, (1 << 64) - 1], np.uint64), np.full(3, 2, np.uint64)
    FingerprintRun(tmp_path, file).find(asked, second, np.ones(rows, bool), np.zeros(rows, bool), found)
    assert found.copies.tolist() == [0, 1 + 2 + 1, 7]
