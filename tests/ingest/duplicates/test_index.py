"""The index of fingerprints says what the table's parts hold, whatever happens to it."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interactions import identity
from interactions.contract.fingerprint import BY_UUID
from interactions.contract.keyring import Keyring
from interactions.ingest.duplicates import index as indexes
from interactions.ingest.duplicates import prints, runs
from interactions.ingest.duplicates.index import FingerprintIndex
from interactions.warehouse.lake import Part
from tests.ingest.duplicates.parts import part

pytestmark = pytest.mark.usefixtures("clean")
KNOWN = [
    bytes([kind | number]) + np.random.default_rng(number).bytes(15) for kind in (0, BY_UUID) for number in range(40)
]


class Killed(BaseException):
    """No handler takes it for a failure."""


@pytest.fixture
def clean(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(folder / "fingerprints", ignore_errors=True)
    monkeypatch.setattr(indexes, "_LEAST", 2)  # so that a few entries are runs of different sizes


@pytest.fixture
def index() -> FingerprintIndex:
    return FingerprintIndex("production")


@pytest.fixture
def parts(folder: Path) -> list[Part]:
    random = np.random.default_rng(3)
    return [part(folder, [KNOWN[at] for at in random.integers(0, len(KNOWN), 12)]) for _ in range(9)]


def fingerprints_of(part: Part) -> list[bytes]:
    return [words.tobytes() for piece in prints.read(part.path) for words in piece]


def all_of(parts: Sequence[Part]) -> set[bytes]:
    return {each for part in parts for each in fingerprints_of(part)}


def copies(index: FingerprintIndex, parts: Sequence[Part], version: int = 1) -> dict[bytes, int]:
    """How many copies of each fingerprint there are, once the index is of these parts; of a uuid some or none."""
    words = np.frombuffer(b"".join(KNOWN), "<u8").reshape(-1, 2)
    asked = np.sort(prints.entries_of(words, None, 0, identity.keyring()), order="first")
    found = index.refresh(version, parts).find(asked["first"].copy(), asked["second"].copy())
    return {
        KNOWN[row]: min(copies, 1) if KNOWN[row][0] & BY_UUID else copies
        for row, copies in zip(asked["row"].tolist(), found.copies.tolist(), strict=True)
    }


def expected(parts: Sequence[Part]) -> dict[bytes, int]:
    there = Counter(each for part in parts for each in fingerprints_of(part))
    return {each: min(there[each], 1) if each[0] & BY_UUID else there[each] for each in KNOWN}


def test_it_follows_parts_that_come_and_go(index: FingerprintIndex, parts: list[Part]) -> None:
    for now in (parts[:1], parts[:4], parts[2:6], parts[5:], [], parts):
        assert copies(index, now) == expected(now)


def test_a_turn_with_nothing_new_writes_nothing(index: FingerprintIndex, parts: list[Part]) -> None:
    index.refresh(1, parts)
    before = {path: path.stat().st_mtime_ns for path in index.folder.iterdir()}
    index.refresh(1, parts)
    assert {path: path.stat().st_mtime_ns for path in index.folder.iterdir()} == before


def test_runs_of_like_size_become_one(index: FingerprintIndex, parts: list[Part]) -> None:
    for count in range(1, len(parts) + 1):
        index.refresh(count, parts[:count])
        assert len(index.read().runs) < 5
    assert copies(index, parts) == expected(parts)


def test_large_runs_are_merged_by_whoever_has_time(
    index: FingerprintIndex, parts: list[Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexes, "_MOST", 0)
    for count in range(1, len(parts) + 1):
        index.refresh(count, parts[:count])
    assert len(index.read().runs) == len(parts)
    assert index.merge()
    assert len(index.read().runs) < 5
    assert not index.merge()
    assert copies(index, parts) == expected(parts)


def test_what_comes_while_runs_are_merged_is_not_lost(
    index: FingerprintIndex, parts: list[Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexes, "_MOST", 0)
    for count in range(1, 6):
        index.refresh(count, parts[:count])
    merge = runs.merge

    def meanwhile(*given: Any) -> Any:
        merged = merge(*given)
        index.refresh(9, parts[1:])
        return merged

    monkeypatch.setattr(runs, "merge", meanwhile)
    assert index.merge()
    monkeypatch.setattr(runs, "merge", merge)
    assert copies(index, parts[1:]) == expected(parts[1:])
    assert index.count_dead(parts[1:]) > 0


def test_purged_it_holds_nothing_that_the_table_does_not(index: FingerprintIndex, parts: list[Part]) -> None:
    index.refresh(1, parts)
    (index.folder / "draft-of-somebody.run").write_bytes(b"left")
    assert index.count_dead(parts[3:]) > 0
    index.refresh(2, parts[3:])
    index.purge()
    assert index.count_dead(parts[3:]) == 0
    assert copies(index, parts[3:]) == expected(parts[3:])
    words = b"".join(path.read_bytes() for path in index.folder.glob("*.run"))
    for each in all_of(parts[:3]) - all_of(parts[3:]):
        keyed = identity.keyring().words(np.frombuffer(each, "<u8").reshape(1, 2))
        assert keyed[0, :1].tobytes() not in words


def test_no_fingerprint_stands_in_it_as_it_is(index: FingerprintIndex, parts: list[Part]) -> None:
    index.refresh(1, parts)
    words = b"".join(path.read_bytes() for path in index.folder.glob("*"))
    assert not any(half in words for each in all_of(parts) for half in (each[:8], each[8:]))


@pytest.mark.parametrize("damage", ["deleted", "no manifest", "damaged", "a run is gone", "format", "key"])
def test_it_is_built_again_where_it_cannot_be_used(
    index: FingerprintIndex, parts: list[Part], monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    index.refresh(1, parts)
    manifest = index.folder / "manifest.json"
    if damage == "deleted":
        shutil.rmtree(index.folder)
    elif damage == "no manifest":
        manifest.unlink()
    elif damage == "damaged":
        manifest.write_bytes(manifest.read_bytes()[:-9])
    elif damage == "a run is gone":
        next(index.folder.glob("*.run")).unlink()
    elif damage == "format":
        monkeypatch.setattr(indexes, "FORMAT", indexes.FORMAT + 1)
    else:
        monkeypatch.setattr(identity, "keyring", lambda: Keyring(b"another"))
    assert copies(index, parts, 2) == expected(parts)
    assert index.count_dead(parts) == 0


STEPS = [(runs, "write"), (runs, "merge"), (indexes, "sync"), (Path, "replace"), (Path, "unlink"), (os, "fsync")]


@contextmanager
def killed(owner: Any, step: str, turn: int, *, after: bool) -> Iterator[None]:
    """Die before or after the step when it comes for the ``turn``-th time, if it does."""
    real: Callable[..., Any] = getattr(owner, step)
    turns = iter(range(100))

    def dies(*given: Any, **more: Any) -> Any:
        is_now = next(turns) == turn
        if is_now and not after:
            raise Killed
        answer = real(*given, **more)
        if is_now:
            raise Killed
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, step, dies)
        try:
            yield
        except Killed:
            pass


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("turn", [0, 1, 2])
@pytest.mark.parametrize(("owner", "step"), STEPS, ids=[step for _, step in STEPS])
def test_killed_at_any_moment_it_is_the_old_one_or_the_new(
    index: FingerprintIndex, parts: list[Part], owner: Any, step: str, turn: int, after: bool
) -> None:
    for count in range(1, 4):
        index.refresh(count, parts[:count])
    for act in (lambda: index.refresh(4, parts[1:]), index.purge, index.merge):
        with killed(owner, step, turn, after=after):
            act()
        assert copies(index, parts[1:]) == expected(parts[1:])
        assert copies(index, parts[:5]) == expected(parts[:5])
    index.refresh(9, parts[:5])
    index.purge()
    assert index.count_dead(parts[:5]) == 0
