"""Importing again adds nothing, and nothing that a file holds on purpose is lost."""

from typing import Any

import pyarrow.parquet as pq
import pytest

from interactions.ingest import imports
from interactions.models import Import
from interactions.warehouse.lake import Lake
from tests.ingest.imports.files import Record, as_lines, as_list, packed, record, records, with_uuid
from tests.ingest.imports.house import House, adds_up, rows, users

State = Import.State


@pytest.fixture
def lines(settings: Any) -> Any:
    """Files of one block, where the blocks do not matter."""
    settings.IMPORT_BLOCK_BYTES = 1 << 20
    return as_lines


def test_a_file_imported_again_adds_nothing_and_says_so(house: House) -> None:
    house.done(as_lines(records(50)))
    before = rows()
    imp = house.done(as_lines(records(50)))
    assert (imp.state, imp.records, imp.accepted, imp.duplicates) == (State.DONE, 50, 0, 50)
    assert rows() == before


def test_the_same_records_in_another_form_and_order_are_the_same(house: House) -> None:
    house.done(as_lines(records(50)))
    shuffled = [dict(reversed(list(each.items()))) for each in reversed(records(50))]
    imp = house.done(packed(as_list(shuffled)))
    assert (imp.accepted, imp.duplicates) == (0, 50)


def test_what_is_new_in_a_file_is_added(house: House) -> None:
    house.done(as_lines(records(40)))
    imp = house.done(as_lines(records(40, start=20)))
    assert (imp.accepted, imp.duplicates) == (20, 20)
    assert users() == sorted(f"user-{number}" for number in range(60))
    assert adds_up(imp)


def test_rejected_records_are_no_duplicates(house: House) -> None:
    made = [*records(5), record(6, type="view")]
    house.done(as_lines(made))
    imp = house.done(as_lines(made))
    assert (imp.state, imp.accepted, imp.rejected, imp.duplicates) == (State.DONE_WITH_REJECTS, 0, 1, 5)


def test_a_first_import_keeps_equal_records(house: House, lines: Any) -> None:
    imp = house.done(lines([record(1)] * 3 + [record(2)]))
    assert (imp.accepted, imp.duplicates) == (4, 0)


@pytest.mark.parametrize(("there", "added"), [(0, 3), (1, 2), (2, 1), (3, 0), (5, 0)])
def test_the_nth_copy_in_a_file_is_matched_with_the_nth_in_the_data_set(
    house: House, lines: Any, there: int, added: int
) -> None:
    house.done(lines([record(1)] * there + [record(2)]))
    imp = house.done(lines([record(1)] * 3))
    assert (imp.accepted, imp.duplicates) == (added, 3 - added)
    assert users().count("user-1") == max(there, 3)


def test_copies_are_counted_over_the_blocks_of_a_file(house: House) -> None:
    made = [record(1), *records(30, start=10), record(1), *records(30, start=50), record(1)]
    house.done(as_lines([record(1)]))
    imp = house.done(as_lines(made))
    assert (imp.accepted, imp.duplicates) == (len(made) - 1, 1)
    assert users().count("user-1") == 3


def test_copies_are_counted_over_all_that_was_imported(house: House, lines: Any) -> None:
    for _ in range(2):
        house.done(lines([record(1)]), check=False)
    imp = house.done(lines([record(1)] * 3))
    assert (imp.accepted, imp.duplicates) == (1, 2)


def test_the_same_uuid_twice_in_one_file_is_one_record(house: House) -> None:
    made = [with_uuid(1, "a"), *records(30, start=10), with_uuid(2, "a"), with_uuid(3, "b")]
    imp = house.done(as_lines(made))
    assert (imp.accepted, imp.duplicates) == (len(made) - 1, 1)
    assert [user for user in users() if user in ("user-1", "user-2")] == ["user-1"]
    assert adds_up(imp)


def test_a_uuid_that_is_there_already_is_the_same_record_whatever_else_it_says(house: House, lines: Any) -> None:
    house.done(lines([with_uuid(1, "a")]))
    imp = house.done(lines([with_uuid(2, "a", timestamp=record(1)["timestamp"]), with_uuid(3, "b")]))
    assert (imp.accepted, imp.duplicates) == (1, 1)
    assert users() == ["user-1", "user-3"]


def test_a_uuid_is_found_at_whatever_time_it_was(house: House, lines: Any) -> None:
    house.done(lines([with_uuid(1, "a")]))
    imp = house.done(lines([with_uuid(1, "a", timestamp="2031-01-01T00:00:00Z"), record(2)]))
    assert (imp.accepted, imp.duplicates) == (1, 1)


def test_with_the_check_off_all_is_kept(house: House, lines: Any) -> None:
    made = [record(1), record(1), with_uuid(2, "a"), with_uuid(2, "a")]
    for _ in range(2):
        imp = house.done(lines(made), check=False)
        assert (imp.accepted, imp.duplicates) == (4, 0)
    assert len(rows()) == 8


def test_records_without_a_time_imported_again_add_nothing(house: House, lines: Any) -> None:
    made = [record(number, timestamp=None) for number in range(5)]
    house.done(lines(made))
    assert house.done(lines(made)).duplicates == 5
    imp = house.done(lines([*made, record(9)]))
    assert (imp.accepted, imp.duplicates) == (1, 5)


def test_a_record_with_a_time_is_not_the_same_as_one_without(house: House, lines: Any) -> None:
    house.done(lines([record(1)]))
    imp = house.done(lines([record(1, timestamp=None)]))
    assert (imp.accepted, imp.duplicates) == (1, 0)


@pytest.mark.parametrize("moment", ["2024-03-01T12:00:00Z", "2024-03-01T12:00:00.0005Z", "2024-03-01T12:00:00.000001Z"])
def test_files_whose_times_only_touch_are_compared(house: House, lines: Any, moment: str) -> None:
    shared = record(1, timestamp=moment)
    house.done(lines([record(0, timestamp="2024-02-01T00:00:00Z"), shared]))
    imp = house.done(lines([shared, record(2, timestamp="2024-04-01T00:00:00Z")]))
    assert (imp.accepted, imp.duplicates) == (1, 1)


def test_of_two_imports_of_one_file_at_once_one_copy_is_kept(house: House) -> None:
    first = house.read(as_lines(records(50)))
    second = house.read(as_lines(records(50)))
    assert first.phase == second.phase == Import.Phase.COMMITTING
    house.carry()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.accepted, second.accepted, second.duplicates) == (50, 0, 50)
    assert len(rows()) == 50


def test_imports_into_two_environments_know_nothing_of_each_other(house: House, lines: Any) -> None:
    house.done(lines(records(5)))
    imp = house.done(lines(records(5)), environment="playground")
    assert (imp.accepted, imp.duplicates) == (5, 0)
    assert users() == users("playground")


def test_after_both_are_undone_the_file_can_be_imported_again(house: House) -> None:
    for imp in [house.done(as_lines(records(50))) for _ in range(2)]:
        house.ask(imports.undo, imp)
        house.carry()
    assert rows() == []
    third = house.done(as_lines(records(50)))
    assert (third.accepted, third.duplicates) == (50, 0)
    assert len(rows()) == 50


def test_records_are_found_in_the_parts_of_several_imports(house: House) -> None:
    for start in (0, 20, 40):
        house.done(as_lines(records(20, start=start)))
    imp = house.done(as_lines(records(80)))
    assert (imp.accepted, imp.duplicates) == (20, 60)
    assert adds_up(imp)


def test_a_part_of_several_row_groups_is_written_anew_without_its_duplicates(
    house: House, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.IMPORT_BLOCK_BYTES = 1 << 30
    monkeypatch.setattr("interactions.ingest.imports.plan._SMALLEST_BLOCK", 1 << 30)
    there = [5, 65_535, 65_536, 99_999, 100_001]
    house.done(as_lines(like(number) for number in there))
    imp = house.done(as_lines(like(number) for number in range(100_000)))
    assert (imp.accepted, imp.duplicates) == (99_996, 4)
    parts = [pq.ParquetFile(path) for path in Lake("production").files()]
    assert max(part.num_row_groups for part in parts) > 1
    found = [user for part in parts for user in part.read(columns=["user_id"])["user_id"].to_pylist()]
    assert sorted(found) == sorted(f"user-{number}" for number in {*range(100_000), *there})


def like(number: int) -> Record:
    return {"type": "like", "user_id": f"user-{number}", "timestamp": "2024-03-01T12:00:00Z"}


def test_a_part_of_duplicates_alone_is_not_added(house: House) -> None:
    house.done(as_lines(records(20)))
    imp = house.done(as_lines([*records(20), *records(20, start=100)]))
    assert (imp.accepted, imp.duplicates) == (20, 20)
    assert adds_up(imp)
