"""A uuid is one record, at any distance and by any way in."""

from datetime import UTC, datetime, timedelta

import pytest

from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import remove_older
from tests.ingest.duplicates.house import erase, later, load, send, there, undo
from tests.ingest.imports.files import Record
from tests.ingest.imports.house import House


def bearing(uuid: str, **fields: object) -> Record:
    return {"type": "like", "context": {"custom_context": {"uuid": uuid}}, **fields}


@pytest.mark.parametrize("distance", [timedelta(seconds=2), timedelta(hours=1), timedelta(days=3), timedelta(days=400)])
@pytest.mark.parametrize("dated", [False, True])
def test_in_two_live_calls_at_any_distance(house: House, distance: timedelta, dated: bool) -> None:
    for moment in (later(), later() + distance):
        send([bearing("1", user_id="ann", **({"timestamp": moment.isoformat()} if dated else {}))], at=moment)
    assert there() == [("ann", None)]


@pytest.mark.parametrize("live_first", [False, True])
def test_in_a_file_and_in_a_live_call(house: House, live_first: bool) -> None:
    record = bearing("1", user_id="ann", timestamp="2020-01-01T00:00:00Z")
    if live_first:
        send([bearing("1", user_id="ann")])
        assert load(house, record).duplicates == 1
    else:
        load(house, record)
        send([bearing("1", user_id="ann")], at=later(days=9))
    assert there() == [("ann", None)]


def test_within_one_call_and_within_one_batch(house: House) -> None:
    send([bearing("1", user_id="ann"), bearing("1", user_id="bob")], [bearing("1"), bearing("2", user_id="eve")])
    assert there() == [("ann", None), ("eve", None)]


def test_content_with_a_timestamp_is_matched_copy_by_copy_by_both_ways(house: House) -> None:
    record: Record = {"type": "like", "user_id": "ann", "timestamp": "2024-03-01T00:00:00Z"}
    send([record, record])
    assert load(house, record, record, record).duplicates == 2
    send([record] * 3, [record] * 4, at=later(days=50))
    assert there() == [("ann", None)] * 4


def test_after_its_import_was_undone_it_is_new(house: House) -> None:
    record = bearing("1", user_id="ann", timestamp="2024-03-01T00:00:00Z")
    undo(house, load(house, record))
    assert there() == []
    send([record])
    assert there() == [("ann", None)]
    assert load(house, record).duplicates == 1


def test_after_its_person_was_erased_another_may_bear_it(house: House) -> None:
    send([bearing("1", user_id="ann"), bearing("2", user_id="bob")])
    erase(house, "ann")
    send([bearing("1", user_id="eve"), bearing("2", user_id="eve")])
    assert there() == [("bob", None), ("eve", None)]


def test_a_record_of_an_erased_person_takes_no_uuid_from_others(house: House) -> None:
    erase(house, "ann")
    send([bearing("1", user_id="ann"), bearing("1", user_id="eve")])
    assert there() == [("eve", None)]


def test_what_is_kept_no_longer_is_new_again(house: House) -> None:
    record = bearing("1", user_id="ann", timestamp="2024-03-01T00:00:00Z")
    load(house, record, bearing("2", user_id="bob", timestamp="2024-03-02T00:00:00Z"))
    remove_older(Lake("production"), datetime(2024, 3, 2, tzinfo=UTC))
    assert there() == [("bob", None)]
    assert load(house, record).accepted == 1
    assert there() == [("ann", None), ("bob", None)]
