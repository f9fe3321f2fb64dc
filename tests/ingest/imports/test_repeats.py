"""Tasks done twice, in any order, or broken off anywhere: every record is in once."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from django.conf import settings
from hypothesis import HealthCheck, given, note
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions.ingest.duplicates.files import Sifted
from interactions.ingest.imports import commit, load, storage
from interactions.models import Block, Import
from interactions.warehouse.overlaps import Overlaps

from .crashes import COMMITTING, PLANNING, READING, Moment, do_and_die, interrupted
from .files import BAD, as_lines, as_list, packed, record, records
from .house import House, adds_up, files, rejected, rows, silent, strays, users

State = Import.State
GOOD = [*records(30), BAD, *records(10, start=30)]
SEAMS = [record(number, context={"custom_context": {"seen": [{"type": "like"}] * 40}}) for number in range(40)]
CONTENTS = {"lines": as_lines(GOOD), "list": as_list(GOOD), "packed": packed(as_lines(GOOD)), "seams": as_list(SEAMS)}


@pytest.fixture(autouse=True)
def few_blocks(folders: Path, settings: Any) -> None:
    settings.IMPORT_BLOCK_BYTES = 2048


def fallen_silent(house: House, imp: Import) -> None:
    """The sweep comes by long after the last sign of life of anything."""
    silent(Import.objects.get(pk=imp.pk))
    for block in imp.blocks.all():
        silent(block)
    house.sweep()


def carried_to_its_end(house: House, imp: Import) -> Import:
    for _ in range(12):
        house.carried(imp)
        fallen_silent(house, imp)  # once more after the end: something may be left to be removed
        if imp.has_ended and not house.queue:
            break
    return imp


def has_all_once(imp: Import, rejects: int) -> None:
    assert (imp.state, imp.error) == (State.DONE_WITH_REJECTS if rejects else State.DONE, "")
    assert users() == sorted(f"user-{number}" for number in range(40))
    assert (imp.accepted, imp.rejected, imp.duplicates) == (40, rejects, 0)
    assert len(rejected(imp)) == rejects
    assert adds_up(imp)
    assert strays() == []
    assert [path.name for path in files() if path.is_file()] == ["rejected.jsonl.gz"] * bool(rejects)


steps = st.one_of(
    st.tuples(st.just("do"), st.integers(0, 20)),
    st.tuples(st.just("repeat"), st.integers(0, 20)),
    st.tuples(st.just("die"), st.integers(0, 20), st.sampled_from(PLANNING + READING + COMMITTING)),
    st.tuples(st.just("silence")),
)


@pytest.mark.slow
@examples(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(CONTENTS)), taken=st.lists(steps, max_size=25))
def test_any_order_of_tasks_with_any_repeated_or_lost_gives_every_record_once(
    house: House, name: str, taken: list[Any]
) -> None:
    Import.objects.all().delete()
    house.queue.clear()
    for folder in (settings.LAKE_DIR, settings.IMPORTS_DIR, settings.UPLOADS_DIR):
        shutil.rmtree(folder, ignore_errors=True)
    imp = house.started(CONTENTS[name])
    done = []
    for what, *more in taken:
        if what == "silence":
            fallen_silent(house, imp)
        elif house.queue or done:
            among = [*house.queue, *done]
            task = among[more[0] % len(among)]
            note(f"{what} {task} {more[1:]}")
            again = what == "repeat" and task in house.queue
            if what == "die":
                do_and_die(house, task, more[1])
            else:
                house.do(task)
            done.append(task)
            if again:
                house.queue.append(task)
    has_all_once(carried_to_its_end(house, imp), rejects=name != "seams")


@pytest.mark.parametrize("moment", PLANNING + READING + COMMITTING, ids=repr)
def test_a_task_that_dies_is_taken_up_again(house: House, moment: Moment) -> None:
    imp = house.started(CONTENTS["packed"])
    while house.queue:
        do_and_die(house, house.queue[0], moment)
    has_all_once(carried_to_its_end(house, imp), rejects=1)


@pytest.mark.parametrize("moment", COMMITTING, ids=repr)
def test_a_commit_that_dies_beside_records_that_are_there_counts_duplicates_once(house: House, moment: Moment) -> None:
    house.done(as_lines(records(10)))
    imp = house.read(as_lines(GOOD))
    do_and_die(house, house.queue[0], moment)
    carried_to_its_end(house, imp)
    assert (imp.accepted, imp.duplicates, imp.rejected, imp.records) == (30, 10, 1, 41)
    assert users() == sorted(f"user-{number}" for number in range(40))
    assert adds_up(imp)
    assert strays() == []


def test_duplicates_are_looked_for_again_if_a_copy_of_a_part_goes_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sift, gone = commit.sift, [FileNotFoundError(), FileNotFoundError()]

    def removed_twice(*arguments: Any, **named: Any) -> Sifted:
        found = sift(*arguments, **named)
        if gone:
            raise gone.pop()
        return found

    house.done(as_lines(records(10)))
    monkeypatch.setattr(commit, "sift", removed_twice)
    imp = house.done(as_lines(GOOD))
    assert (imp.accepted, imp.duplicates, gone) == (30, 10, [])
    assert users() == sorted(f"user-{number}" for number in range(40))
    ((_, listed),) = Overlaps("production").lists()
    assert pq.read_metadata(listed).num_rows == 10


def test_every_task_done_twice_counts_once(house: House) -> None:
    imp = house.started(CONTENTS["lines"])
    while house.queue:
        task = house.queue[0]
        house.do(task)
        house.do(task)
    imp.refresh_from_db()
    has_all_once(imp, rejects=1)


def test_blocks_may_be_read_in_any_order(house: House) -> None:
    imp = house.planned(CONTENTS["list"])
    for task in reversed(house.queue[:]):
        house.do(task)
    has_all_once(house.carried(imp), rejects=1)


@pytest.mark.parametrize("name", ["lines", "list"])
def test_a_block_read_by_two_at_once_counts_once(house: House, name: str) -> None:
    """A task was taken for lost and another has its block, but it only stood still."""
    imp = house.planned(CONTENTS[name])
    block = imp.blocks.get(number=1)

    def meanwhile() -> None:
        fallen_silent(house, imp)
        house.carry("load_block")

    with interrupted(Moment(load, "_read"), meanwhile):
        house.do(("load_block", block.pk))
    has_all_once(house.carried(imp), rejects=1)


@pytest.mark.parametrize("moment", READING[:2], ids=repr)
def test_a_task_that_goes_on_after_its_import_has_ended_leaves_nothing(house: House, moment: Moment) -> None:
    imp = house.planned(CONTENTS["lines"])

    def meanwhile() -> None:
        fallen_silent(house, imp)
        house.carry()

    with interrupted(moment, meanwhile):
        house.do(("load_block", imp.blocks.last().pk))
    imp.refresh_from_db()
    has_all_once(imp, rejects=1)


def test_a_task_from_before_a_mend_does_not_count_as_the_one_after(house: House) -> None:
    """It has read only what its block was thought to be."""
    imp = house.planned(CONTENTS["seams"])
    first = imp.blocks.get(number=0)

    def meanwhile() -> None:
        fallen_silent(house, imp)
        while imp.blocks.count() > 1:  # until it is mended
            house.do(house.queue[0])
        Block.objects.filter(pk=first.pk).update(state=Block.State.RUNNING, attempts=1, claim="another's")

    with interrupted(Moment(load, "_read", after=False), meanwhile):
        house.do(("load_block", first.pk))
    first.refresh_from_db()
    assert (first.state, first.claim) == (Block.State.RUNNING, "another's")
    has_all_once(carried_to_its_end(house, imp), rejects=0)


def test_an_end_done_by_two_at_once_does_not_overtake_the_mend(house: House) -> None:
    imp = house.read(CONTENTS["seams"])
    task = house.queue[0]
    with interrupted(Moment(commit, "_mend", after=False), lambda: house.do(task)):
        house.do(task)
    assert rows() == []
    has_all_once(house.carried(imp), rejects=0)


def test_an_end_done_by_two_at_once_adds_once(house: House) -> None:
    imp = house.read(CONTENTS["lines"])
    task = house.queue[0]
    with interrupted(Moment(commit, "_mend"), lambda: house.do(task)):
        house.do(task)
    has_all_once(house.carried(imp), rejects=1)


def test_what_a_broken_off_commit_left_in_the_table_s_folder_goes_with_the_next(house: House) -> None:
    """In between another import brought a record of it, so the part is another one now."""
    imp = house.read(CONTENTS["lines"])
    do_and_die(house, house.queue[0], Moment(DeltaTable, "create_write_transaction", after=False))
    assert strays() != []
    house.done(as_lines(records(1)))
    carried_to_its_end(house, imp)
    assert (imp.accepted, imp.duplicates) == (39, 1)
    assert strays() == []


def test_an_attempt_that_fails_leaves_no_files(house: House) -> None:
    imp = house.planned(CONTENTS["lines"])
    task = ("load_block", imp.blocks.last().pk)

    def fail() -> None:
        raise RuntimeError("Nobody has thought of this.")

    with interrupted(Moment(load, "_done", after=False), fail):
        house.do(task)
    assert list(storage.folder(imp).iterdir()) == []
    has_all_once(house.carried(imp), rejects=1)


def test_planning_done_by_two_at_once_plans_once(house: House) -> None:
    imp = house.started(CONTENTS["packed"])
    with interrupted(PLANNING[0], lambda: house.do(("plan_import", imp.pk))):
        house.do(("plan_import", imp.pk))
    has_all_once(house.carried(imp), rejects=1)


def test_a_plan_that_goes_on_after_its_import_has_ended_leaves_nothing(house: House) -> None:
    imp = house.started(CONTENTS["packed"])

    def meanwhile() -> None:
        house.do(("plan_import", imp.pk))
        house.carry()

    with interrupted(Moment(storage, "free_bytes"), meanwhile):
        house.do(("plan_import", imp.pk))
    imp.refresh_from_db()
    has_all_once(imp, rejects=1)


def test_a_block_whose_workers_disappear_each_time_is_given_up_with_a_sentence(house: House) -> None:
    imp = house.planned(CONTENTS["lines"])
    for _ in range(load._LOSSES):
        do_and_die(house, ("load_block", imp.blocks.get(number=0).pk), READING[0])
        fallen_silent(house, imp)
    imp.refresh_from_db()
    assert imp.state == State.FAILED
    assert imp.error.startswith("The worker died each time it read one part of the file.")
