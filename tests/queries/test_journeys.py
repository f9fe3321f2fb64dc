"""Journeys hold each moment of each pair of ids once, in order, and come back from their file as they were."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from interactions.analytics.engine import answer
from interactions.contract.tombstones import Tombstones
from interactions.queries.coding import HAS_USER, HAS_VISITOR
from interactions.queries.journeys import ASSISTED, LIVE, SEARCH, Journeys, moments_of, what_of
from interactions.warehouse.lake import Lake

from ..lakes import Record, append, key_of, record
from .traffic import traffic

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def journeys() -> Journeys:
    return Journeys.of(answer(Lake("production").files(), Tombstones.of([]), moments_of))


def told(journeys: Journeys) -> dict[tuple[int | None, int | None], list[tuple[int, int]]]:
    """The moments of each pair of keys."""
    found = {}
    for row in range(len(journeys)):
        known = journeys.known[row]
        pair = (
            int(journeys.users[row]) if known & HAS_USER else None,
            int(journeys.visitors[row]) if known & HAS_VISITOR else None,
        )
        assert pair not in found
        moments = slice(journeys.starts[row], journeys.starts[row + 1])
        found[pair] = list(zip(journeys.at[moments].tolist(), journeys.what[moments].tolist(), strict=True))
    return found


def expected(records: list[Record], import_id: int) -> dict[Any, Counter[tuple[int, int]]]:
    found: dict[Any, Counter[tuple[int, int]]] = defaultdict(Counter)
    for each in records:
        what = what_of(each["type"]) | ASSISTED * (each["miso_id"] is not None) | LIVE * (import_id == 0)
        at = (each["timestamp"] - _EPOCH) // timedelta(microseconds=1)
        found[key_of(each["user_id"]), key_of(each["anonymous_id"])][at, what] += 1
    return found


@pytest.mark.parametrize("import_id", [0, 3])
def test_each_moment_is_there_once_and_in_order(import_id: int) -> None:
    records = traffic(600)
    append(records, import_id=import_id)
    found = told(journeys())
    assert {pair: Counter(moments) for pair, moments in found.items()} == expected(records, import_id)
    assert all([at for at, _ in moments] == sorted(at for at, _ in moments) for moments in found.values())


def test_a_device_has_all_its_journeys_together() -> None:
    append(traffic(600))
    found = journeys()
    assert any(user for user, visitor in told(found) if visitor is not None)
    visitors = found.visitors[found.known & HAS_VISITOR > 0]
    changes = (visitors[1:] != visitors[:-1]).sum() + 1
    assert changes == len(set(visitors.tolist()))


def test_searches_have_their_words_and_others_none() -> None:
    at = "2024-01-01T10:0{}:00Z".format
    append(
        [
            record("search", at(3), user_id="u", keywords="tea"),
            record("search", at(1), user_id="u", keywords="和食器"),
            record("search", at(2), user_id="u"),
            record("click", at(0), user_id="u", keywords="not a search"),
            record("search", at(0), keywords="tea"),
        ]
    )
    found = journeys()
    of_pair = {
        int(found.users[row]): found.words[found.word_starts[row] : found.word_starts[row + 1]].to_pylist()
        for row in range(len(found))
    }
    assert of_pair == {key_of("u"): ["和食器", None, "tea"], 0: ["tea"]}
    assert (found.what >> 2 == SEARCH).sum() == 4


def test_a_key_that_is_zero_is_not_the_want_of_one() -> None:
    append([record(user_id="u", user_key=0), record(), record(anonymous_id="a", anonymous_key=0)])
    assert set(told(journeys())) == {(0, None), (None, None), (None, 0)}


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    append(traffic(300))
    written = journeys()
    written.write(tmp_path / "some.arrow")
    read = Journeys.read(tmp_path / "some.arrow")
    assert told(read) == told(written)
    assert read.words.to_pylist() == written.words.to_pylist()
    assert read.begun().equals(written.begun())


def test_no_records_are_no_journeys() -> None:
    nothing = Journeys.of(answer([], Tombstones.of([]), moments_of))
    assert len(nothing) == 0
    assert nothing.begun().num_rows == 0


def test_a_file_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Journeys.read(tmp_path / "none.arrow")
    append(traffic(10))
    with pytest.raises(FileNotFoundError):
        journeys().write(tmp_path / "none" / "some.arrow")
