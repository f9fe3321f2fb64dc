"""An index that is kept up to date says what one says that is built of the same records."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.analytics.index import delta, merge, run_files, selection
from interactions.analytics.index.delta import append, take_out
from interactions.analytics.index.run import Index
from interactions.contract.tombstones import AHEAD, Tombstones
from tests.analytics.index.naive import Coder, Row, empty_index, events_of, expected, runs_of_people, said_by, texts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Kept:
    """An index that is kept up to date, and the records that it is of."""

    def __init__(self) -> None:
        self.index = empty_index()
        self.rows: list[Row] = []
        self.coder = Coder()
        self._numbers = iter(range(1_000_000))

    def add(self, *given: tuple[int | None, int | None, int], source: int = 0, received: int | None = None) -> None:
        """Records, each given as user, anonymous id and moment."""
        self.append(
            [
                Row(next(self._numbers), user, visitor, at, at if received is None else received, source)
                for user, visitor, at in given
            ]
        )

    def append(self, rows: list[Row]) -> None:
        events = events_of(rows, self.coder)
        self.index = append(self.index, events, self.coder.pairs(), texts())
        self.rows += rows

    def drop(self, is_gone: Callable[[Row], bool], places: delta.Places) -> None:
        self.index = take_out(self.index, places)
        self.rows = [row for row in self.rows if not is_gone(row)]

    def merge_all(self) -> None:
        for group in merge.wanted(self.index.runs):
            self.index = merge.exchanged(self.index, group, merge.merge(group))

    def check(self) -> None:
        assert said_by(self.index) == expected(self.rows)
        assert len(self.index) == len(self.rows)


def kept(*given: tuple[int | None, int | None, int]) -> Kept:
    made = Kept()
    made.add(*given)
    made.check()
    return made


def stones(users: dict[int, int] | None = None, visitors: dict[int, int] | None = None) -> Tombstones:
    """People and until when, in µs since 1970."""
    moments = [(user, None, EPOCH + timedelta(microseconds=at)) for user, at in (users or {}).items()]
    moments += [(None, key, EPOCH + timedelta(microseconds=at)) for key, at in (visitors or {}).items()]
    return Tombstones.of(moments)


def is_hidden(row: Row, people: Tombstones) -> bool:
    at, received = (EPOCH + timedelta(microseconds=moment) for moment in (row.at, row.received))
    return people.whose(row.user, row.visitor, at, received) is not None


def test_an_empty_index_gets_events() -> None:
    kept((1, None, 5), (1, None, 3), (2, 9, 4), (None, None, 1))


def test_nothing_appended_changes_nothing() -> None:
    made = kept((1, None, 5))
    before = made.index.runs
    made.add()
    made.check()
    assert made.index.runs[0] is before[0]


def test_older_events_of_a_person_are_put_in_order() -> None:
    made = kept((1, None, 5), (1, None, 9))
    made.add((1, None, 7), (1, None, 1), (1, None, 9), received=2)
    made.check()


def test_whoever_is_not_touched_stays_where_they_are() -> None:
    made = kept((1, None, 5), (2, None, 5), (None, 3, 4))
    made.add((2, None, 6))
    made.check()
    old, new = runs_of_people(made.index)
    assert old.people.tolist() == [1, 2, 3]
    assert old.dead is not None and old.dead.tolist() == [0, 1, 0]
    assert new.people.tolist() == [2]


def test_the_index_before_is_as_it_was() -> None:
    made = kept((1, None, 5), (2, None, 5))
    before, rows = made.index, list(made.rows)
    made.add((2, 8, 6), (None, None, 3))
    made.index = selection.hide(made.index, stones({1: 100}))
    assert said_by(before) == expected(rows)


def test_a_link_brings_an_anonymous_ids_history_to_its_user() -> None:
    made = kept((None, 9, 1), (None, 9, 3), (1, None, 2))
    made.add((1, 9, 4))
    made.check()
    assert [run.people.tolist() for run in runs_of_people(made.index)] == [[1]]


def test_a_second_user_gives_an_anonymous_id_back_to_itself() -> None:
    made = kept((None, 9, 1), (1, 9, 2), (1, None, 3))
    made.add((2, 9, 4))
    made.check()


def test_an_import_undone_takes_its_links_along() -> None:
    made = kept((None, 9, 1), (1, None, 2))
    made.add((1, 9, 3), (2, 9, 4), source=5)
    made.check()
    made.drop(lambda row: row.source == 5, selection.of_import(made.index, 5))
    made.check()


def test_all_undone_leaves_no_run() -> None:
    made = Kept()
    made.add((1, 9, 3), (None, None, 4), source=5)
    made.drop(lambda row: True, selection.of_import(made.index, 5))
    made.check()
    assert made.index.runs == ()
    made.add((1, 9, 3))
    made.check()


def test_a_hidden_person_takes_links_along() -> None:
    made = kept((None, 9, 1), (1, 9, 2), (2, 9, 3), (3, None, 4))
    people = stones({1: 100})
    made.index = selection.hide(made.index, people)
    made.rows = [row for row in made.rows if row.user != 1]
    made.check()
    assert selection.hide(made.index, people) is made.index, "Who is hidden already costs nothing."


def test_what_a_hidden_person_did_later_is_seen() -> None:
    made = kept((1, 9, 5), (1, 9, 15))
    made.add((1, 9, 25), received=7)
    made.add((1, 9, AHEAD + 30), received=20)
    made.index = selection.hide(made.index, stones({1: 10}))
    made.rows = [row for row in made.rows if (row.at, row.received) == (15, 15)]
    made.check()


def test_who_names_somebody_else_too_is_not_hidden_as_an_anonymous_id() -> None:
    made = kept((1, 9, 5), (None, 9, 6))
    made.index = selection.hide(made.index, stones(visitors={9: 100}))
    made.rows = made.rows[:1]
    made.check()


def test_a_person_of_very_many_events_lies_alone() -> None:
    with mock.patch.object(delta, "BIG", 10):
        made = kept(
            *((1, None, at) for at in range(20)), (2, None, 1), (3, None, 2), *((None, 4, at) for at in range(10))
        )
        assert sorted(run.people.tolist() for run in made.index.runs) == [[1], [2, 3], [4]]
        made.add((1, None, 7), (2, None, 9))
        made.check()
        assert sorted(len(run) for run in made.index.runs) == [2, 2, 10, 21], "Nothing dead is kept of them."


def test_dead_events_and_similar_runs_are_merged_away() -> None:
    made = Kept()
    for at in range(40):
        made.add((at % 7, None, at), (100 + at, None, at), (None, None, at))
        made.merge_all()
        made.check()
        assert len(made.index.runs) <= merge.MOST + merge.MOST_OF_NOBODY


USERS = st.one_of(st.none(), st.integers(1, 4))
VISITORS = st.one_of(st.none(), st.integers(3, 6))  # the same numbers as users, too: both are keys of the same kind
MOMENTS = st.integers(0, 12)
ROWS = st.lists(st.tuples(USERS, VISITORS, MOMENTS), max_size=8)
STEPS = st.one_of(
    st.tuples(st.just("add"), ROWS, st.integers(0, 3), st.one_of(st.none(), MOMENTS)),
    st.tuples(st.just("undo"), st.integers(0, 3)),
    st.tuples(st.just("age"), MOMENTS),
    st.tuples(st.just("hide"), st.dictionaries(st.integers(1, 4), MOMENTS, max_size=2)),
    st.tuples(st.just("hide visitors"), st.dictionaries(st.integers(3, 6), MOMENTS, max_size=2)),
    st.tuples(st.just("drop"), st.integers(2, 4), st.integers(0, 3)),
    st.tuples(st.just("exchange"), ROWS, st.integers(2, 4)),
    st.tuples(st.just("bot"), st.integers(1, 12)),
    st.tuples(st.just("merge")),
)


def take(made: Kept, step: tuple) -> None:
    match step:
        case "add", rows, source, received:
            made.add(*rows, source=source, received=received)
        case "undo", source:
            made.drop(lambda row: row.source == source, selection.of_import(made.index, source))
        case "age", moment:
            made.drop(lambda row: row.at < moment, selection.older(made.index, moment))
        case ("hide" | "hide visitors") as whom, until:
            people = stones(until) if whom == "hide" else stones(visitors=until)
            made.drop(lambda row: is_hidden(row, people), selection.of_people(made.index, people))
        case "drop", by, rest:
            # A row's result is made of its number, whatever else it is.
            made.drop(
                lambda row: row.number % by == rest,
                selection.where(made.index, lambda run: run.result // 97 % by == rest),
            )
        case "exchange", rows, by:
            places = selection.where(made.index, lambda run: run.result // 97 % by == 0)
            made.rows = [row for row in made.rows if row.number % by]
            new = [Row(next(made._numbers), *row, row[2], 7) for row in rows]
            events = events_of(new, made.coder)
            made.index = delta.exchange(made.index, places, events, made.coder.pairs(), texts())
            made.rows += new
        case "bot", count:
            made.add(*((2, None, at) for at in range(count)))
        case ("merge",):
            made.merge_all()


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=12))
def test_whatever_happens_it_equals_one_that_is_built(steps: list[tuple]) -> None:
    made = Kept()
    with mock.patch.object(delta, "BIG", 9), mock.patch.object(merge, "MOST", 2), mock.patch.object(merge, "BIG", 9):
        for step in steps:
            take(made, step)
            made.check()


def test_a_long_run_of_one_person_in_any_order() -> None:
    moments = np.random.default_rng(7).integers(0, 500, 3_000).tolist()
    made = kept(*((1, None, at) for at in moments[:1_500]))
    made.add(*((1, None, at) for at in moments[1_500:]), (2, 1, 5))
    made.check()


def test_texts_and_version_are_those_given() -> None:
    coder = Coder()
    known = texts()
    index = append(empty_index(), events_of([Row(1, 1, None, 5, 5)], coder), coder.pairs(), known, 12)
    assert isinstance(index, Index) and index.version == 12 and index.texts is known


@pytest.mark.parametrize("count", [0, 1, 40])
def test_a_large_merged_run_is_written_piece_by_piece(tmp_path: Path, count: int) -> None:
    made = kept(*((at % 17, None, at) for at in range(60)), *((None, at % 5, at) for at in range(20)))
    made.add(*((at, 3, at) for at in range(count)), *((40, None, at) for at in range(count)), (None, None, 5))
    people = runs_of_people(made.index)
    with mock.patch.object(merge, "LARGE", 7):
        written = merge.merge_into(people, tmp_path)
    assert run_files.move(tmp_path, written) is not None, "It lies in files."
    made.index = merge.exchanged(made.index, people, written)
    made.check()
