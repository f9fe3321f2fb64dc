"""What is left out of an import is what the plain rule says, whatever the parts and however little is held at once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.contract.fingerprint import BY_UUID
from interactions.ingest.duplicates import files as sifting
from interactions.ingest.duplicates import index, prints
from interactions.ingest.duplicates.files import Sifted
from interactions.ingest.duplicates.groups import EqualRows
from interactions.ingest.duplicates.index import FingerprintIndex
from interactions.warehouse.lake import Part
from tests.ingest.duplicates.parts import MOMENT, part

HALVES = [bytes(8), b"\x01" + bytes(7), bytes(7) + b"\x01", b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\x80" + bytes(7)]
words = st.sampled_from(HALVES)
fingerprint = st.builds(bytes.__add__, words, words)
files = st.lists(st.lists(fingerprint, min_size=1, max_size=12), min_size=1, max_size=4)


def rows_of(parts: Sequence[Part]) -> list[list[tuple[str, bytes]]]:
    tables = [pq.ParquetFile(part.path).read(["user_id", "fingerprint"]) for part in parts]
    return [list(zip(table["user_id"].to_pylist(), table["fingerprint"].to_pylist(), strict=True)) for table in tables]


def by_the_rule(mine: Sequence[Sequence[bytes]], theirs: Sequence[Sequence[bytes]]) -> list[list[tuple[str, bytes]]]:
    """The rows that are new, part by part; parts without any are not there."""
    there = Counter(each for part in theirs for each in part)
    seen: Counter[bytes] = Counter()
    kept = []
    for fingerprints in mine:
        new = []
        for number, each in enumerate(fingerprints):
            seen[each] += 1
            is_known = there[each] > 0 or seen[each] > 1 if each[0] & BY_UUID else seen[each] <= there[each]
            if not is_known:
                new.append((str(number), each))
        kept.append(new)
    return [new for new in kept if new]


def sift(mine: Sequence[Part], theirs: Sequence[Part]) -> Sifted:
    """What is kept; what is left out has been noted, and nothing but that."""
    noted: list[pa.Table] = []
    there = FingerprintIndex(f"{os.urandom(4).hex()}").refresh(0, theirs)
    sifted = sifting.sift(mine, theirs, there, note=noted.append)
    before, after = (Counter(each for _, each in chain(*rows_of(parts))) for parts in (mine, sifted.parts))
    assert Counter(each for table in noted for each in table["fingerprint"].to_pylist()) == before - after
    return sifted


@settings(max_examples=60, deadline=None)
@given(
    mine=files,
    theirs=st.one_of(st.just([]), files),
    share=st.integers(1, 40),
    largest=st.integers(1, 40),
    piece=st.integers(1, 12),
    merged=st.sampled_from([0, 10, 1000]),
)
def test_each_record_is_matched_as_the_rule_says(
    folder: Path, mine: list[list[bytes]], theirs: list[list[bytes]], share: int, largest: int, piece: int, merged: int
) -> None:
    """Also where a share holds more than is looked for at once, and where the index has many runs, or few."""
    with (
        patch.object(sifting, "_SHARE", share),
        patch.object(sifting, "_LARGEST", largest),
        patch.object(index, "_AT_ONCE", piece),
        patch.object(index, "_MOST", merged),
        patch.object(prints, "ROWS", piece),
    ):
        sifted = sift([part(folder, each) for each in mine], [part(folder, each) for each in theirs])
    expected = by_the_rule(mine, theirs)
    assert rows_of(sifted.parts) == expected
    assert [part.rows for part in sifted.parts] == [len(rows) for rows in expected]
    assert sifted.duplicates == sum(map(len, mine)) - sum(map(len, expected))


@pytest.mark.parametrize("largest", [100, 2000])
def test_many_records_are_matched_as_the_rule_says(folder: Path, largest: int) -> None:
    random = np.random.default_rng(7)
    known = [random.bytes(16) for _ in range(3000)]
    mine = [[known[at] for at in random.integers(0, 3000, 2000)] + [random.bytes(16)] * 2 for _ in range(3)]
    theirs = [[known[at] for at in random.integers(0, 3000, 1500)] for _ in range(2)]
    with patch.object(sifting, "_SHARE", 1000), patch.object(sifting, "_LARGEST", largest):
        sifted = sift([part(folder, each, group=700) for each in mine], [part(folder, each) for each in theirs])
    assert rows_of(sifted.parts) == by_the_rule(mine, theirs)


@pytest.mark.parametrize("first", [b"\x01", b"\xff"], ids=["content", "uuid"])
def test_records_are_found_in_parts_of_any_time(folder: Path, first: bytes) -> None:
    mine, theirs = part(folder, [first * 16]), part(folder, [first * 16], first=MOMENT - timedelta(days=30))
    assert sift([mine], [theirs]).duplicates == 1


def test_a_fingerprint_of_another_length_is_an_error_and_not_another_record(folder: Path) -> None:
    with pytest.raises(pa.ArrowInvalid):
        sift([part(folder, [b"\x01" * 15, b"\x01" * 17])], [part(folder, [b"\x01" * 16])])


def test_parts_that_are_new_as_a_whole_stay_the_files_that_they_are(folder: Path) -> None:
    new, known = part(folder, [b"\x01" * 16]), part(folder, [b"\x02" * 16])
    sifted = sift([new, known], [replace(known, import_id=9)])
    assert (sifted.parts, sifted.duplicates) == ([new], 1)


rows = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0, 1, 2**63, 2**64 - 1])), min_size=1, max_size=40)


@settings(deadline=None)
@given(mine=rows, others=rows)
def test_groups_find_rows_by_all_their_words(mine: list[tuple[int, int]], others: list[tuple[int, int]]) -> None:
    groups = EqualRows(columns(mine))
    ordered = [mine[row] for row in groups.rows]
    assert sorted(groups.rows) == list(range(len(mine)))
    seen: Counter[tuple[int, int]] = Counter()
    for at, (start, nth) in enumerate(zip(groups.start, groups.nth(), strict=True)):
        assert (ordered[start], nth) == (ordered[at], seen[ordered[at]])
        assert start == at or groups.rows[at - 1] < groups.rows[at]
        seen[ordered[at]] += 1
    found, starts = groups.find(columns(others))
    assert sorted(found) == [number for number, row in enumerate(others) if row in mine]
    assert all(ordered[start] == others[number] for number, start in zip(found, starts, strict=True))
    assert set(starts) <= set(groups.start)


def columns(rows: list[tuple[int, int]]) -> list[np.ndarray]:
    return [np.array([row[word] for row in rows], np.uint64) for word in range(2)]
