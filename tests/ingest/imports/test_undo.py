"""Undone, an import takes with it exactly what it brought."""

from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from interactions.ingest import imports
from interactions.ingest.imports import removal, storage
from interactions.models import Block, Import
from interactions.warehouse.lake import Lake

from .crashes import Moment, do_and_die
from .files import BAD, as_lines, record, records
from .house import House, files, is_gone, rows, silent, strays, users

State = Import.State


def undone(house: House, imp: Import) -> Import:
    house.ask(imports.undo, imp)
    return house.carried(imp)


def test_the_data_set_is_as_before(house: House) -> None:
    house.done(as_lines(records(20)))
    before = rows()
    imp = house.done(as_lines([*records(40, start=10), BAD]))
    assert rows() != before
    undone(house, imp)
    assert (imp.state, imp.accepted) == (State.UNDONE, 30)
    assert rows() == before


def test_records_that_others_have_as_well_stay(house: House) -> None:
    first = house.done(as_lines(records(10)))
    house.done(as_lines(records(10)), check=False)
    undone(house, first)
    assert users() == sorted(f"user-{number}" for number in range(10))


def test_an_import_in_the_middle_can_be_undone(house: House) -> None:
    made = [house.done(as_lines(records(10, start=start))) for start in (0, 10, 20)]
    undone(house, made[1])
    assert users() == sorted(f"user-{number}" for number in (*range(10), *range(20, 30)))


def test_nothing_of_it_is_left_on_the_disk(house: House) -> None:
    imp = house.done(as_lines([*records(40), BAD]))
    parts = Lake("production").files()
    undone(house, imp)
    lake = Lake("production").folder
    assert [path for path in lake.rglob("*.parquet") if str(path) in parts] == []
    assert not (lake / f"import-{imp.pk}").exists()
    assert rows() == [] and strays() == [] and files() == []


def test_its_counts_and_causes_are_still_told(house: House) -> None:
    imp = house.done(as_lines([*records(10), BAD]))
    undone(house, imp)
    assert (imp.records, imp.accepted, imp.rejected) == (11, 10, 1)
    assert [cause.record for cause in imports.causes(imp)] == [11]
    assert imports.rejected_path(imp) is None


def test_an_import_that_added_nothing_can_be_undone(house: House) -> None:
    house.done(as_lines(records(10)))
    before = rows()
    imp = undone(house, house.done(as_lines(records(10))))
    assert imp.state == State.UNDONE
    assert rows() == before


def test_after_it_the_same_file_can_be_imported_again(house: House) -> None:
    for _ in range(3):
        imp = house.done(as_lines(records(40)))
        assert (imp.accepted, len(rows())) == (40, 40)
        undone(house, imp)
    assert rows() == []


def test_an_undo_done_twice_undoes_once(house: House) -> None:
    house.done(as_lines(records(5)))
    imp = house.done(as_lines(records(10)))
    house.ask(imports.undo, imp)
    task = house.queue[0]
    house.do(task)
    house.do(task)
    imp.refresh_from_db()
    assert imp.state == State.UNDONE
    assert len(rows()) == 5


@pytest.mark.parametrize(
    "moment",
    [
        Moment(removal, "remove_import", after=False),
        Moment(removal, "remove_import"),
        Moment(storage, "remove_all"),
    ],
    ids=repr,
)
def test_an_undo_that_dies_is_taken_up_again(house: House, moment: Moment) -> None:
    house.done(as_lines(records(5)))
    imp = house.done(as_lines(records(10)))
    house.ask(imports.undo, imp)
    do_and_die(house, house.queue[0], moment)
    silent(imp)
    assert house.sweep() == [("undo_import", imp.pk)]
    assert house.carried(imp).state == State.UNDONE
    Block.objects.filter(of=imp).delete()
    assert is_gone(imp)
    assert len(rows()) == 5


def test_a_data_folder_may_have_blanks_in_its_name(house: House, settings: Any, tmp_path: Path) -> None:
    settings.LAKE_DIR = tmp_path / "my data" / "lake"
    settings.INDEX_DIR = tmp_path / "my data" / "index"
    settings.IMPORTS_DIR = tmp_path / "my data" / "imports"
    house.done(as_lines(records(20)))
    imp = house.done(as_lines(records(30)))
    assert (imp.accepted, imp.duplicates, len(rows())) == (10, 20, 30)
    undone(house, imp)
    assert len(rows()) == 20
    assert strays() == []


def test_an_undone_import_is_never_taken_up_again(house: House) -> None:
    imp = undone(house, house.done(as_lines(records(10))))
    silent(imp)
    assert house.sweep() == []
    removal.undo(imp)
    imp.refresh_from_db()
    assert imp.state == State.UNDONE


def test_compacted_parts_lose_its_records_and_keep_the_others(house: House) -> None:
    first = house.done(as_lines(records(10)))
    house.done(as_lines([record(number) for number in range(10, 20)]))
    DeltaTable(str(Lake("production").folder)).optimize.compact()
    undone(house, first)
    assert users() == sorted(f"user-{number}" for number in range(10, 20))
    assert strays() == []


def test_after_compacting_the_same_file_adds_nothing(house: House) -> None:
    for start in (0, 10):
        house.done(as_lines(records(10, start=start)))
    DeltaTable(str(Lake("production").folder)).optimize.compact()
    imp = house.done(as_lines(records(20)))
    assert (imp.accepted, imp.duplicates) == (0, 20)
