"""What is stuck is asked for again; what is at work is left alone."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from interactions.errors import ImportStateError
from interactions.ingest import imports
from interactions.ingest.imports import commit, lifecycle, load, plan, storage
from interactions.models import Block, Import

from .crashes import Moment, do_and_die
from .files import as_lines, packed, records
from .house import House, files, rows, silent

State, Phase = Import.State, Import.Phase
CONTENT = as_lines(records(40))


def lost(house: House) -> None:
    """The broker has forgotten everything."""
    house.queue.clear()


def test_a_plan_that_was_lost_is_asked_for(house: House) -> None:
    imp = house.started(CONTENT)
    lost(house)
    silent(imp)
    assert house.sweep() == [("plan_import", imp.pk)]


def test_a_plan_that_broke_off_is_asked_for(house: House) -> None:
    imp = house.started(packed(CONTENT))
    do_and_die(house, house.queue[0], Moment(plan, "_unpack"))
    imp.refresh_from_db()
    assert imp.phase == Phase.PLANNING
    silent(imp)
    assert house.sweep() == [("plan_import", imp.pk)]


def test_a_block_that_broke_off_is_asked_for(house: House) -> None:
    imp = house.planned(CONTENT)
    task = house.queue[0]
    do_and_die(house, task, Moment(load, "_read", after=False))
    silent(imp.blocks.get(number=0))
    assert house.sweep() == [task]


def test_a_block_that_broke_off_is_asked_for_although_others_are_read(house: House) -> None:
    imp = house.planned(CONTENT)
    task, other = house.queue[:2]
    for each in (task, other):
        do_and_die(house, each, Moment(load, "_read", after=False))
    silent(imp.blocks.get(pk=task[1]))
    assert house.sweep() == [task]


def test_blocks_that_wait_and_are_in_no_queue_are_asked_for(house: House) -> None:
    imp = house.planned(CONTENT)
    waiting = house.queue[:]
    lost(house)
    silent(imp)
    assert house.sweep() == waiting


def test_blocks_are_not_asked_for_at_every_sweep(house: House) -> None:
    imp = house.planned(CONTENT)
    lost(house)
    silent(imp)
    house.sweep()
    assert house.sweep() == []


def test_the_end_that_was_lost_is_asked_for(house: House) -> None:
    imp = house.read(CONTENT)
    lost(house)
    silent(imp)
    assert house.sweep() == [("finish_import", imp.pk)]


def test_an_import_whose_last_task_died_before_it_could_ask_for_the_end_is_ended(house: House) -> None:
    imp = house.planned(CONTENT)
    for task in house.queue[:]:
        do_and_die(house, task, Moment(load, "_done"))
    lost(house)
    assert house.sweep() == [("finish_import", imp.pk)]
    assert house.carried(imp).state == State.DONE


def test_a_commit_that_broke_off_is_asked_for(house: House) -> None:
    imp = house.read(CONTENT)
    do_and_die(house, house.queue[0], Moment(commit, "_sift"))
    silent(imp)
    assert house.sweep() == [("finish_import", imp.pk)]


def test_an_undo_that_was_lost_is_asked_for(house: House) -> None:
    imp = house.done(CONTENT)
    house.ask(imports.undo, imp)
    lost(house)
    silent(imp)
    assert house.sweep() == [("undo_import", imp.pk)]


def test_a_cancelled_commit_whose_clearing_up_was_lost_is_asked_for(house: House) -> None:
    imp = house.read(CONTENT)
    house.ask(imports.cancel, imp)
    lost(house)
    Import.objects.update(finished_at=timezone.now() - timedelta(seconds=10 * settings.IMPORT_STALE_SECONDS))
    assert house.sweep() == [("discard_import", imp.pk)]


@pytest.mark.parametrize("prepare", ["given", "started", "planned", "read", "done"])
def test_what_has_just_given_a_sign_of_life_is_left_alone(house: House, prepare: str) -> None:
    getattr(house, prepare)(packed(CONTENT))
    before = files()
    assert house.sweep() == []
    assert files() == before


def test_what_is_just_being_read_or_undone_is_left_alone(house: House) -> None:
    done = house.done(as_lines(records(3, start=900)))
    house.ask(imports.undo, done)
    imp = house.planned(CONTENT)
    do_and_die(house, house.queue[1], Moment(load, "_read", after=False))
    assert house.sweep() == []
    assert imp.blocks.filter(state=Block.State.RUNNING).count() == 1


def test_while_blocks_are_read_those_that_wait_are_taken_to_be_in_the_queue(house: House) -> None:
    imp = house.planned(CONTENT)
    do_and_die(house, house.queue[0], Moment(load, "_read", after=False))
    silent(imp)
    assert house.sweep() == []


@pytest.mark.parametrize("prepare", ["given", "done"])
def test_an_import_that_nobody_works_on_is_never_asked_for(house: House, prepare: str) -> None:
    silent(getattr(house, prepare)(CONTENT))
    assert house.sweep() == []


def test_files_left_by_a_task_that_died_at_the_very_end_are_removed(house: House) -> None:
    imp = house.read(CONTENT)
    do_and_die(house, house.queue[0], Moment(storage, "tidy", after=False))
    imp.refresh_from_db()
    assert imp.state == State.DONE
    assert any(path.is_file() for path in files())
    house.sweep()
    assert not any(path.is_file() for path in files())
    assert len(rows()) == 40


def failed(house: House, content: bytes) -> Import:
    imp = house.planned(content)
    house.do(house.queue[0])
    lifecycle.fail(imp, "The disk is full.", phase=Phase.BLOCKS)
    lost(house)
    return imp


def test_a_failed_import_keeps_its_files_for_another_try(house: House) -> None:
    imp = failed(house, CONTENT)
    before = files()
    assert house.sweep() == []
    assert files() == before
    house.ask(imports.retry, imp)
    assert house.carried(imp).state == State.DONE


def test_the_files_of_a_failed_import_are_given_up_after_the_time_of_uploads(house: House) -> None:
    imp = failed(house, CONTENT)
    Import.objects.update(finished_at=timezone.now() - timedelta(hours=settings.UPLOAD_EXPIRES_HOURS, seconds=1))
    house.sweep()
    assert files() == []
    with pytest.raises(ImportStateError, match="was refused and removed"):
        house.ask(imports.retry, imp)


def test_failed_sample_data_are_made_anew_after_that(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interactions.ingest.imports.lifecycle.SAMPLE_RECORDS", 20)
    imp = house.ask(imports.create_sample, house.given(CONTENT).environment, None)
    house.carry("plan_import")
    house.do(house.queue[0])
    lifecycle.fail(imp, "The disk is full.", phase=Phase.BLOCKS)
    lost(house)
    Import.objects.update(finished_at=timezone.now() - timedelta(hours=settings.UPLOAD_EXPIRES_HOURS, seconds=1))
    house.sweep()
    house.ask(imports.retry, imp)
    assert house.carried(imp).state == State.DONE
    assert (imp.accepted, len(rows())) == (20, 20)


def test_an_upload_that_nobody_goes_on_with_is_given_up(house: House) -> None:
    imp = imports.begin(house.given(CONTENT).environment, file_name="a.json", size=900, user=None)
    storage.whole_upload(imp).write_bytes(CONTENT[:100])
    type(imp.upload).objects.filter(of=imp).update(offset=100, expires_at=timezone.now())
    house.sweep()
    imp.refresh_from_db()
    assert imp.state == State.CANCELLED
    assert not storage.upload_path(imp).exists()
