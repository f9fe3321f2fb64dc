"""Bundles hold what the journeys of their segments do, person by person, and go with the first of these that goes."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.core.cache import cache
from hypothesis import given

from interactions.analytics.filters import Filter
from interactions.models import Environment
from interactions.privacy import derived
from interactions.queries import along, bundles, bundling, covering, dashboard, tops
from interactions.queries.bundles import Shelf
from interactions.queries.bundling import bundled
from interactions.queries.covering import cover
from interactions.queries.journeys import Journeys
from interactions.queries.segments import Segment, Store
from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import remove_import

from ..lakes import append, key_of
from .test_summaries import BERLIN, RECORDS, hide
from .test_walks import MANY, PIECES, Row, piece
from .traffic import START

Moments = list[tuple[int, int, str | None]]


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments are bundled however small they are."""
    monkeypatch.setattr(covering, "_SMALL", (0, 0))


def told(journeys: Journeys) -> list[tuple[Any, Moments]]:
    """Each row: the pair of keys and what is known of them, and its moments with the words of searches."""
    found = []
    for row in range(len(journeys)):
        words = journeys.words.to_pylist()[journeys.word_starts[row] : journeys.word_starts[row + 1]]
        moments = []
        for index in range(journeys.starts[row], journeys.starts[row + 1]):
            is_search = journeys.what[index] >> 2 == bundling.SEARCH
            moments.append((int(journeys.at[index]), int(journeys.what[index]), words.pop(0) if is_search else None))
        assert not words
        found.append(((int(journeys.users[row]), int(journeys.visitors[row]), int(journeys.known[row])), moments))
    return found


def expected(pieces: list[Journeys]) -> dict[Any, Moments]:
    found: dict[Any, Moments] = defaultdict(list)
    for each in pieces:
        for pair, moments in told(each):
            found[pair] += moments
    return {pair: sorted(moments, key=lambda moment: moment[0]) for pair, moments in found.items()}


@pytest.mark.parametrize("most", [1, 10, 4_000_000])
@MANY
@given(pieces=PIECES)
def test_each_pair_has_one_row_with_all_its_moments_in_order(most: int, pieces: list[list[Row]]) -> None:
    given = [piece(rows) for rows in pieces]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundling, "_MOST", most)
        rows = [row for each in bundled(given) for row in told(each)]
    assert len({pair for pair, _ in rows}) == len(rows)
    # Moments of one time may be in any order.
    assert {pair: sorted(moments, key=str) for pair, moments in rows} == {
        pair: sorted(moments, key=str) for pair, moments in expected(given).items()
    }
    assert all([moment[0] for moment in moments] == sorted(m[0] for m in moments) for _, moments in rows)


def test_who_signed_in_lies_beside_what_they_did_before(tmp_path: Path) -> None:
    one = piece([(7, 1, 10, "click", None), (None, 2, 0, "click", None), (None, 1, 5, "like", None)])
    two = piece([(7, 3, 40, "search", "a"), (None, 3, 30, "click", None), (None, 4, 0, "click", None)])
    pairs = [(user, visitor) for (user, visitor, _), _ in (row for each in bundled([one, two]) for row in told(each))]
    places = sorted(pairs.index(pair) for pair in [(7, 1), (7, 3), (0, 1), (0, 3)])
    assert places == list(range(places[0], places[0] + 4))


def test_a_bundle_comes_back_from_its_file(tmp_path: Path, settled: None) -> None:
    segments = _segments()
    pieces = [Journeys.read(segment.journeys) for segment in segments]
    bundles.write(bundled(pieces), tmp_path / "some.arrow", segments)
    read = bundles.read(tmp_path / "some.arrow")
    assert [told(each) for each in read] == [told(each) for each in bundled(pieces)]
    assert all(each.by_people for each in read)


def _segments() -> list[Segment]:
    """Two segments, of one import each."""
    append(RECORDS[:400], import_id=1)
    append(RECORDS[400:], import_id=2)
    covering.LARGEST, largest = 400, covering.LARGEST
    try:
        cover("production", BERLIN)
    finally:
        covering.LARGEST = largest
    found = Store("production").all()
    assert len(found) == 2
    return found


def test_what_is_summed_up_is_put_together(settled: None) -> None:
    segments = _segments()
    (bundle,) = Shelf("production").all()
    assert bundle.segments == {segment.folder.name for segment in segments}
    assert bundle.rows == len(RECORDS)


def test_small_segments_are_left_alone() -> None:
    _segments()
    assert Shelf("production").all() == []


def test_who_is_told_to_stop_leaves_no_part_of_a_bundle(settled: None) -> None:
    _segments()
    (bundle,) = Shelf("production").all()
    bundle.path.unlink()
    asked = iter([False, True])  # once before it begins, then as it is being made
    cover("production", BERLIN, lambda: next(asked, True))
    assert list(Shelf("production").folder.iterdir()) == []
    cover("production", BERLIN)
    assert Shelf("production").all() == [bundle]


def test_answers_come_of_bundles(settled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = (
        lambda: dashboard.totals("production"),
        lambda: dashboard.totals("production", Filter(is_assisted=True)),
        lambda: tops.top("production", Filter(), tops.Subject.SEARCHES).to_dict(),
    )
    segments = _segments()
    (bundle,) = Shelf("production").all()
    for segment in segments:
        segment.journeys.unlink()
    found = [question() for question in asked]
    along._kept.clear()
    bundle.path.unlink()
    for segment in segments:
        Store("production")._remove(segment.folder)
    cache.clear()
    assert found == [question() for question in asked]


def test_hidden_people_are_left_out_of_bundles(settled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _segments()
    before = dashboard.totals("production")
    user = next(each["user_id"] for each in RECORDS if each["user_id"])
    hide(monkeypatch, (key_of(user), None, max(each["timestamp"] for each in RECORDS)))
    hidden = dashboard.totals("production")
    assert before and hidden and hidden.users < before.users
    Shelf("production").all()[0].path.unlink()
    along._kept.clear()
    cache.clear()
    assert dashboard.totals("production") == hidden


def test_a_bundle_goes_with_its_segments(settled: None) -> None:
    _segments()
    remove_import(Lake("production"), 2)
    cover("production", BERLIN)
    assert Shelf("production").all() == []
    append(RECORDS[400:], import_id=3)
    cover("production", BERLIN)
    (bundle,) = Shelf("production").all()
    assert bundle.rows == len(RECORDS)


def test_an_erasure_removes_bundles_and_those_in_the_making(db: None, settled: None) -> None:
    production = Environment.objects.get(slug="production")
    segments, shelf = _segments(), Shelf("production")
    remove_import(Lake("production"), 2)
    with shelf.draft() as draft:
        derived.erase(production, covering._NOBODY)
        with pytest.raises(FileNotFoundError):
            shelf.add(draft, segments)
    assert shelf.all() == [] and list(shelf.folder.iterdir()) == []


def _of(rows: int, name: str) -> Segment:
    return Segment(Path(name), frozenset({name}), rows, START, START, "UTC", None)


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([], 0),
        ([10], 0),
        ([10, 10], 2),
        ([2, 10], 0),
        ([5, 10], 2),
        ([2, 3, 10], 3),
        ([2, 2, 100], 2),
        ([1, 10, 10, 1000], 3),
    ],
)
def test_what_is_put_together_is_half_as_much_as_what_it_is_put_to(rows: list[int], wanted: int) -> None:
    found = Shelf("production").wanted([_of(each, str(place)) for place, each in enumerate(rows)])
    assert sorted(segment.rows for segment in found) == sorted(rows)[:wanted]


def test_words_are_those_of_the_searches() -> None:
    one, two = piece([(1, 1, 5, "search", "b"), (1, 1, 7, "search", None)]), piece([(1, 1, 6, "search", "a")])
    (found,) = bundled([one, two])
    assert pa.array(found.words).to_pylist() == ["b", "a", None]
