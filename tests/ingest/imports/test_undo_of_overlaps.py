"""Undone, an import leaves what others sent as well: it becomes theirs."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interactions import privacy
from interactions.ingest import imports
from interactions.ingest import live as inbox
from interactions.ingest.imports import handover, removal
from interactions.models import Environment, Import, InboxEntry
from interactions.warehouse.lake import Lake
from interactions.warehouse.overlaps import Overlaps

from .crashes import Moment, do_and_die
from .files import START, Record, as_lines, record, records, with_uuid
from .house import House, adds_up, rows, silent, users

State = Import.State


def undone(house: House, imp: Import) -> Import:
    house.ask(imports.undo, imp)
    return house.carried(imp)


def owners() -> list[int]:
    return sorted(row["import_id"] for row in rows())


def live(*sent: Record) -> None:
    """Accept one call and move it into the data set."""
    environment = Environment.objects.get(slug="production")
    text = ",".join(map(json.dumps, sent)).encode()
    received_at = datetime(2024, 3, 2, tzinfo=UTC)
    InboxEntry.objects.create(environment=environment, received_at=received_at, records=len(sent), text=text)
    inbox.append(environment)


def test_what_a_later_import_held_as_well_stays_and_becomes_its_own(house: House) -> None:
    first = house.done(as_lines(records(10)))
    second = house.done(as_lines(records(10, start=5)))
    assert (second.accepted, second.duplicates) == (5, 5)
    undone(house, first)
    assert users() == sorted(f"user-{number}" for number in range(5, 15))
    second.refresh_from_db()
    assert (second.accepted, second.duplicates) == (10, 0)
    assert adds_up(second)


def test_undoing_both_leaves_nothing(house: House) -> None:
    made = [house.done(as_lines(records(10, start=start))) for start in (0, 5)]
    for imp in made:
        undone(house, imp)
    assert rows() == []


def test_undoing_the_later_one_first_leaves_the_first_whole(house: House) -> None:
    first = house.done(as_lines(records(10)))
    undone(house, house.done(as_lines(records(10, start=5))))
    assert owners() == [first.pk] * 10


def test_a_record_that_three_imports_hold_stays_until_the_last_is_undone(house: House) -> None:
    made = [house.done(as_lines(records(10))) for _ in range(3)]
    for imp, left in zip(made, (10, 10, 0), strict=True):
        undone(house, imp)
        assert len(rows()) == left


@pytest.mark.parametrize(("here", "there"), [(1, 3), (2, 3), (3, 2), (3, 1), (2, 2)])
def test_as_many_copies_stay_as_the_other_import_held(house: House, here: int, there: int) -> None:
    first = house.done(as_lines([record(1)] * here + [record(2)]))
    house.done(as_lines([record(1)] * there))
    undone(house, first)
    assert users() == ["user-1"] * there


def test_copies_that_remain_are_not_kept_twice(house: House) -> None:
    """The second and the third import hold one copy each, and one remains: the third's second goes with it."""
    first = house.done(as_lines([record(1)]))
    house.done(as_lines([record(1)]))
    third = house.done(as_lines([record(1)] * 2))
    undone(house, first)
    undone(house, third)
    assert users() == ["user-1"]


def test_a_uuid_that_another_import_sent_stays(house: House) -> None:
    first = house.done(as_lines([with_uuid(1, "a"), with_uuid(2, "b")]))
    second = house.done(as_lines([with_uuid(3, "a"), with_uuid(4, "a")]))
    assert (second.accepted, second.duplicates) == (0, 2)
    undone(house, first)
    second.refresh_from_db()
    assert users() == ["user-1"]
    assert (second.accepted, second.duplicates) == (1, 1)


def test_a_record_without_a_time_stays_for_whoever_sent_it_again(house: House) -> None:
    first = house.done(as_lines([record(1, timestamp=None), record(2)]))
    house.done(as_lines([record(1, timestamp=None)]))
    undone(house, first)
    assert users() == ["user-1"]


def test_a_live_record_that_was_left_out_stays_when_the_import_is_undone(house: House) -> None:
    imp = house.done(as_lines(records(3)))
    live(record(1), record(7))
    undone(house, imp)
    assert users() == ["user-1", "user-7"]
    assert owners() == [0, 0]


def test_a_live_call_sent_twice_keeps_one(house: House) -> None:
    imp = house.done(as_lines([record(1)] * 2))
    live(record(1))
    live(record(1))
    undone(house, imp)
    assert users() == ["user-1"]


def test_an_import_that_loads_equal_records_again_needs_nothing_handed_over(house: House) -> None:
    first = house.done(as_lines(records(5)))
    second = house.done(as_lines(records(5)), check=False)
    undone(house, first)
    assert owners() == [second.pk] * 5


def test_compacted_parts_are_handed_over_row_by_row(house: House) -> None:
    first = house.done(as_lines(records(10)))
    second = house.done(as_lines(records(10, start=5)))
    DeltaTable(str(Lake("production").folder)).optimize.compact()
    undone(house, first)
    assert users() == sorted(f"user-{number}" for number in range(5, 15))
    assert owners() == [second.pk] * 10


def test_the_lists_are_looked_through_in_shares(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "_SHARE", 7)
    first = house.done(as_lines(records(60)))
    house.done(as_lines(records(60, start=20)))
    undone(house, first)
    assert users() == sorted(f"user-{number}" for number in range(20, 80))


def test_it_is_said_beforehand_what_will_go(house: House) -> None:
    imp = house.done(as_lines(records(10)))
    assert imports.preview_undo(imp) == (10, 0)
    house.done(as_lines(records(10, start=7)))
    assert imports.preview_undo(imp) == (7, 3)


def test_a_cancelled_import_leaves_no_list(house: House) -> None:
    house.done(as_lines(records(10)))
    imp = house.done(as_lines(records(10)))
    assert [holder for holder, _ in Overlaps("production").lists(but=0)] == [imp.pk]
    undone(house, imp)
    assert Overlaps("production").lists(but=0) == []


def test_an_erased_person_is_in_no_list(house: House) -> None:
    environment = Environment.objects.get(slug="production")
    imp = house.done(as_lines(records(10)))
    house.done(as_lines(records(10)))
    house.ask(privacy.request, environment, ["user-3"])
    house.carry()
    entries = sum(pq.read_metadata(path).num_rows for _, path in Overlaps("production").lists(but=0))
    assert entries == 9
    undone(house, imp)
    assert users() == sorted(f"user-{number}" for number in range(10) if number != 3)


def test_what_is_kept_no_longer_is_in_no_list(house: House) -> None:
    house.done(as_lines(records(10)))
    house.done(as_lines(records(10)))
    Overlaps("production").remove_older(START + timedelta(seconds=4))
    assert [pq.read_metadata(path).num_rows for _, path in Overlaps("production").lists(but=0)] == [6]


@pytest.mark.parametrize(
    "moment",
    [Moment(removal, "plan"), Moment(removal, "remove_import"), Moment(removal, "handed_over")],
    ids=repr,
)
def test_an_undo_that_dies_hands_over_once(house: House, moment: Moment) -> None:
    first = house.done(as_lines(records(10)))
    second = house.done(as_lines(records(10, start=5)))
    house.ask(imports.undo, first)
    do_and_die(house, house.queue[0], moment)
    silent(first)
    house.sweep()
    assert house.carried(first).state == State.UNDONE
    second.refresh_from_db()
    assert (second.accepted, second.duplicates) == (10, 0)
    assert adds_up(second) and owners() == [second.pk] * 10


SENT = st.lists(st.lists(st.integers(0, 3), max_size=5), min_size=2, max_size=4)


@given(sent=SENT, order=st.randoms(use_true_random=False))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_undos_the_table_holds_what_the_others_sent(
    emptied: Callable[[], House], sent: list[list[int]], order: object
) -> None:
    """Of each record as many copies as the one of the remaining imports that sent most of them."""
    house = emptied()
    made = [(house.done(as_lines([record(n) for n in numbers] or [record(9)])), numbers) for numbers in sent]
    order.shuffle(made)  # type: ignore[attr-defined]
    while made:
        undone(house, made.pop()[0])
        expected = [
            f"user-{n}" for n in range(4) for _ in range(max((numbers.count(n) for _, numbers in made), default=0))
        ]
        assert [user for user in users() if user != "user-9"] == expected
