"""Runs of fingerprints find every copy of a record, however the words lie."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.compiled import sorted_words
from interactions.ingest.duplicates import runs
from interactions.ingest.duplicates.prints import have_uuids
from interactions.ingest.duplicates.runs import Copies, FingerprintRun

if TYPE_CHECKING:
    from typing_extensions import Buffer

WORDS = st.integers(0, (1 << 64) - 1)


def places(ordered: np.ndarray, words: np.ndarray) -> list[int]:
    found = np.empty(len(words), np.int64)
    sorted_words.places(ordered, words, found)
    return found.tolist()


@given(st.lists(WORDS, min_size=1, max_size=300), st.lists(WORDS), st.integers(0, 63))
def test_words_are_found_as_a_binary_search_finds_them(there: list[int], asked: list[int], shift: int) -> None:
    ordered = np.sort(np.array(there, np.uint64) >> np.uint64(shift))  # shifted, they lie close together
    wanted = np.sort(np.concatenate((np.array(asked, np.uint64), ordered[::7])))
    assert places(ordered, wanted) == np.searchsorted(ordered, wanted).tolist()


def test_words_far_from_where_they_should_be_are_found() -> None:
    spread = np.random.default_rng(1).integers(0, 1 << 64, 5_000, np.uint64)
    close = np.arange(1 << 60, (1 << 60) + 3_000, dtype=np.uint64)
    ordered = np.sort(np.concatenate((spread, np.full(3_000, 5, np.uint64), close)))
    wanted = np.sort(np.concatenate((ordered[::3], spread[:100] + np.uint64(1))))
    assert places(ordered, wanted) == np.searchsorted(ordered, wanted).tolist()


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


@pytest.mark.parametrize("page", [1, 64, 4096])
def test_a_run_is_the_same_however_much_of_it_is_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    written_at_once = in_pieces(tmp_path / "whole.run", 1_000)
    monkeypatch.setattr(runs, "_HUGE_PAGE", page)
    assert in_pieces(tmp_path / "pieces.run", 70) == written_at_once


class WritesNoted(io.BytesIO):
    """A file that notes the beginning and the end of each write."""

    def __init__(self) -> None:
        super().__init__()
        self.bounds: list[tuple[int, int]] = []

    def write(self, data: Buffer, /) -> int:
        begin = self.tell()
        written = super().write(data)
        self.bounds.append((begin, self.tell()))
        return written


def test_a_column_is_written_in_whole_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_HUGE_PAGE", 64)
    file = WritesNoted()
    column = runs._ColumnWriter(file, 40)
    for _ in range(100):
        column.add(memoryview(bytes(24)))
    column.flush()
    begins, ends = zip(*file.bounds, strict=True)
    assert (begins[0], ends[-1]) == (40, 40 + 100 * 24)
    assert begins[1:] == ends[:-1]
    assert all(end % 64 == 0 for end in ends[:-1])
    assert len(ends) > 10


def in_pieces(path: Path, entries: int) -> bytes:
    """The content of a run of 1,000 entries, some with a uuid, that is made of pieces of so many."""
    chance = np.random.default_rng(7)
    first, rest, ids = np.sort(chance.integers(0, 1 << 64, 1_000, np.uint64)), np.zeros(1_000, runs.REST), runs.IDS
    rest["second"], rest["part"], rest["more"] = chance.integers(0, 1 << 64, 1_000, np.uint64), range(1_000), 1
    with_uuid = have_uuids(rest["second"])
    before = np.concatenate(([0], np.cumsum(with_uuid)))  # how many entries have a uuid before each
    kept = np.frombuffer(chance.bytes(ids.itemsize * int(before[-1])), ids)
    with runs.RunWriter(path, len(first), len(kept)) as writer:
        for start in range(0, len(first), entries):
            end = min(start + entries, len(first))
            piece = rest[start:end].copy()
            piece["more"][with_uuid[start:end]] = np.arange(before[end] - before[start])
            writer.add(runs.Columns(first[start:end], piece, kept[before[start] : before[end]]))
    return path.read_bytes()
