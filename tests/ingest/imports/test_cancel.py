"""Cancelled at whatever moment, an import leaves nothing behind."""

import pytest

from interactions.ingest import imports
from interactions.ingest.imports import commit, load, storage
from interactions.models import Environment, Import
from interactions.warehouse.lake import Lake

from .crashes import COMMITTING, PLANNING, READING, Killed, Moment, do_and_die, interrupted, kill
from .files import BAD, as_lines, packed, record, records
from .house import House, files, is_gone, rows, silent

State = Import.State
CONTENT = packed(as_lines([*records(40), BAD]))


def cancelled(house: House, imp: Import) -> None:
    house.ask(imports.cancel, Import.objects.get(pk=imp.pk))


def is_cancelled(house: House, imp: Import) -> bool:
    house.carried(imp)
    return imp.state == State.CANCELLED and is_gone(imp)


def test_while_its_file_is_uploaded(house: House) -> None:
    imp = imports.begin(Environment.objects.get(slug="production"), file_name="a.json", size=900, user=None)
    storage.whole_upload(imp).write_bytes(CONTENT[:100])
    cancelled(house, imp)
    assert is_cancelled(house, imp)


def test_before_it_is_started(house: House) -> None:
    imp = house.given(CONTENT)
    cancelled(house, imp)
    assert is_cancelled(house, imp)


def test_before_it_is_planned(house: House) -> None:
    imp = house.started(CONTENT)
    cancelled(house, imp)
    assert is_cancelled(house, imp)


@pytest.mark.parametrize("moment", [Moment(storage, "free_bytes"), *PLANNING], ids=repr)
def test_while_it_is_planned(house: House, moment: Moment) -> None:
    imp = house.started(CONTENT)
    with interrupted(moment, lambda: cancelled(house, imp)):
        house.do(house.queue[0])
    assert is_cancelled(house, imp)


@pytest.mark.parametrize("moment", [Moment(storage, "free_bytes"), *PLANNING], ids=repr)
def test_while_it_is_planned_and_the_rest_was_faster(house: House, moment: Moment) -> None:
    imp = house.started(CONTENT)

    def meanwhile() -> None:
        cancelled(house, imp)
        house.carry("discard_import")

    with interrupted(moment, meanwhile):
        house.do(house.queue[0])
    assert is_cancelled(house, imp)


def test_with_half_of_its_blocks_read(house: House) -> None:
    imp = house.planned(CONTENT)
    for task in house.queue[::2]:
        house.do(task)
    cancelled(house, imp)
    assert is_cancelled(house, imp)


@pytest.mark.parametrize("moment", READING, ids=repr)
@pytest.mark.parametrize("number", [0, 5])
def test_while_a_block_is_read(house: House, moment: Moment, number: int) -> None:
    imp = house.planned(CONTENT)
    task = house.queue[number]

    def meanwhile() -> None:
        cancelled(house, imp)
        house.carry("discard_import")

    with interrupted(moment, meanwhile):
        house.do(task)
    assert is_cancelled(house, imp)


def test_a_block_that_is_read_stops_soon(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "_TELL_SECONDS", 0.0)
    imp = house.planned(CONTENT)
    read: list[bool] = []
    with interrupted(Moment(load, "_set", after=False), lambda: cancelled(house, imp)):  # noqa: SIM117
        with interrupted(Moment(load, "_done", after=False), lambda: read.append(True)):
            house.do(house.queue[0])
    assert not read
    assert is_cancelled(house, imp)


def test_with_all_blocks_read(house: House) -> None:
    imp = house.read(CONTENT)
    cancelled(house, imp)
    assert is_cancelled(house, imp)


@pytest.mark.parametrize("moment", [m for m in COMMITTING if m.step not in ("tidy", "_end")], ids=repr)
def test_while_it_is_committed(house: House, moment: Moment) -> None:
    """Between the commit and the word that it is done, too."""
    house.done(as_lines(records(10)), environment="production")
    before = rows()
    imp = house.read(CONTENT)
    with interrupted(moment, lambda: cancelled(house, imp)):
        house.do(house.queue[0])
    house.carried(imp)
    assert imp.state == State.CANCELLED
    assert rows() == before
    assert is_gone(imp)


def test_in_the_last_moment_before_it_is_done(house: House) -> None:
    imp = house.read(CONTENT)
    with interrupted(Moment(commit, "_end", after=False), lambda: cancelled(house, imp)):
        house.do(house.queue[0])
    assert is_cancelled(house, imp)


@pytest.mark.parametrize("moment", COMMITTING[:-2], ids=repr)
def test_after_the_task_that_commits_it_died(house: House, moment: Moment) -> None:
    imp = house.read(CONTENT)
    do_and_die(house, house.queue[0], moment)
    cancelled(house, imp)
    assert is_cancelled(house, imp)


def test_a_block_that_comes_up_later_finds_nothing_to_do(house: House) -> None:
    imp = house.planned(CONTENT)
    late = house.queue[:]
    cancelled(house, imp)
    house.carry("discard_import")
    for task in late:
        house.do(task)
    assert is_cancelled(house, imp)


@pytest.mark.parametrize("prepare", ["given", "planned", "read"])
def test_where_the_task_that_clears_up_is_lost_the_sweep_clears_up(house: House, prepare: str) -> None:
    imp = getattr(house, prepare)(CONTENT)
    cancelled(house, imp)
    house.queue.clear()
    silent(imp)
    Import.objects.filter(pk=imp.pk).update(finished_at=imp.heartbeat_at)
    house.sweep()
    assert is_cancelled(house, imp)


def test_what_a_task_leaves_that_dies_after_the_cancelling_is_swept_up(house: House) -> None:
    imp = house.planned(CONTENT)
    block = imp.blocks.get(number=0)

    def meanwhile() -> None:
        cancelled(house, imp)
        house.carry("discard_import")
        storage.part_path(block).write_bytes(b"half a part")
        kill()

    with interrupted(Moment(load, "_read", after=False), meanwhile), pytest.raises(Killed):
        house.do(("load_block", block.pk))
    assert files()
    house.sweep()
    assert is_cancelled(house, imp)


def test_nothing_of_others_is_touched(house: House) -> None:
    other = house.planned(as_lines(records(40)))
    waiting = house.queue[:]
    house.queue.clear()
    imp = house.planned(as_lines([record(99), *records(30, start=100)]))
    cancelled(house, imp)
    house.carry()
    house.sweep()
    house.queue += waiting
    house.carried(other)
    assert (other.state, other.accepted, len(rows())) == (State.DONE, 40, 40)


def test_the_lake_of_an_environment_without_data_is_not_made_by_it(house: House) -> None:
    imp = house.read(CONTENT)
    cancelled(house, imp)
    house.carry()
    assert not Lake("production").exists()
