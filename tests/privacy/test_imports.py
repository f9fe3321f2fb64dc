"""Imports and erased people: what is old does not come back, what is new is welcome, whatever is running."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from django.db.models import Sum

from interactions.errors import ImportStateError
from interactions.ingest import imports
from interactions.ingest.imports import commit, storage
from interactions.ingest.imports import erased as leaving_out
from interactions.ingest.imports.rejects import ERASED
from interactions.models import DeletionRequest, Environment, Import
from interactions.privacy import uploaded
from interactions.warehouse.lake import Lake
from tests.ingest.imports.crashes import Moment, do_and_die, interrupted
from tests.ingest.imports.files import BAD, as_lines, as_list, record, records
from tests.ingest.imports.house import House, adds_up, rejected, rows, silent, strays, users

from .people import ANN, asked, crowd, erased, later, of_ann, settled, traces

State = Import.State
VERIFIED = DeletionRequest.State.VERIFIED


def of_erased_people(imp: Import) -> int:
    """How many records the import says it refused for that cause."""
    return sum(cause.count for cause in imports.causes(imp) if (cause.path, cause.rule) == ERASED)


def results(imp: Import) -> tuple[str, int, int, int, int]:
    return imp.state, imp.records, imp.accepted, imp.rejected, imp.duplicates


def test_the_old_file_brings_nobody_back_and_says_how_many_were_refused(house: House, folders: Path) -> None:
    house.done(as_lines(crowd()))
    erased(house)
    before = rows()
    again = house.done(as_lines(crowd()))
    assert results(again) == (State.DONE_WITH_REJECTS, 40, 0, 10, 30)
    assert of_erased_people(again) == 10
    assert rows() == before
    assert traces(folders) == []


def test_the_cause_names_its_first_record(house: House) -> None:
    erased(house)
    imp = house.done(as_lines([*records(3), BAD, record(4), of_ann(5), of_ann(6)]))
    (cause,) = [cause for cause in imports.causes(imp) if cause.rule == ERASED[1]]
    assert (cause.record, cause.count, cause.value) == (6, 2, "")
    assert "Erased person" in cause.rule


def test_newer_interactions_of_the_same_person_are_accepted(house: House) -> None:
    house.done(as_lines(crowd()))
    erased(house)
    imp = house.done(as_lines([of_ann(1), later(2), record(3, user_id="bob")]))
    assert results(imp) == (State.DONE_WITH_REJECTS, 3, 2, 1, 0)
    assert users().count(ANN) == 1


def test_a_record_in_a_file_that_bears_no_time_counts_as_old(house: House) -> None:
    """The file may be from before the request: nothing shows that it is not."""
    erased(house)
    imp = house.done(as_lines([of_ann(1, timestamp=None), record(2, timestamp=None)]))
    assert results(imp) == (State.DONE_WITH_REJECTS, 2, 1, 1, 0)


def test_a_record_dated_in_the_future_does_not_come_back(house: House) -> None:
    made = as_lines([of_ann(1), of_ann(2, timestamp="2099-01-01T00:00:00Z"), record(3)])
    house.done(made)
    erased(house)
    imp = house.done(made)
    assert (results(imp), users()) == ((State.DONE_WITH_REJECTS, 3, 0, 2, 1), ["user-3"])


def test_refused_records_of_an_erased_person_are_not_kept(house: House, folders: Path) -> None:
    erased(house)
    imp = house.done(as_lines([*records(3), of_ann(1, type="rate", rating="five"), BAD]))
    assert (imp.accepted, imp.rejected, len(rejected(imp)), of_erased_people(imp)) == (3, 2, 1, 1)
    assert traces(folders) == []


def test_a_person_of_another_environment_is_not_refused(house: House) -> None:
    erased(house)
    imp = house.done(as_lines([of_ann(1)]), environment="playground")
    assert imp.state == State.DONE


@pytest.mark.parametrize("form", [as_lines, as_list])
def test_a_request_while_the_import_runs_erases_what_was_read(house: House, folders: Path, form: object) -> None:
    imp = house.planned(form([*crowd(), of_ann(1, type="rate", rating="five"), BAD]))
    tasks = house.queue[:]
    for task in tasks[: len(tasks) // 2]:
        house.do(task)
    staged = traces(folders / "imports")
    assert staged
    request = asked(house)
    house.carry("erase_people")
    request.refresh_from_db()
    assert traces(folders / "imports") == []
    house.carried(imp)
    assert settled(house, request).state == VERIFIED
    assert results(imp) == (State.DONE_WITH_REJECTS, 42, 30, 12, 0)
    assert of_erased_people(imp) == 11
    assert adds_up(imp)
    assert ANN not in users()
    assert traces(folders) == []
    assert strays() == []


def test_a_request_that_comes_after_all_blocks_are_read_is_heeded_by_the_commit(house: House, folders: Path) -> None:
    imp = house.read(as_lines(crowd()))
    asked(house)
    house.carry("finish_import")
    imp.refresh_from_db()
    assert results(imp) == (State.DONE_WITH_REJECTS, 40, 30, 10, 0)
    assert of_erased_people(imp) == 10
    assert ANN not in users()
    house.carry()
    assert traces(folders) == []


def test_a_request_that_comes_during_the_commit_erases_what_it_adds(house: House, folders: Path) -> None:
    imp = house.read(as_lines(crowd()))
    with interrupted(Moment(commit, "_sift"), lambda: asked(house)):
        house.carry("finish_import")
    assert users().count(ANN) == 10
    house.carry()
    imp.refresh_from_db()
    assert (imp.accepted, len(rows())) == (40, 30)
    assert DeletionRequest.objects.get().state == VERIFIED
    assert traces(folders) == []


def test_a_commit_that_dies_before_a_request_still_adds_up(house: House, folders: Path) -> None:
    house.done(as_lines(records(8)))  # two of which are in the file below as well: those of 1, 2, 3, 5, 6 and 7
    imp = house.read(as_lines(crowd()))
    do_and_die(house, house.queue[0], Moment(Lake, "append"))
    request = erased(house)
    silent(Import.objects.get(pk=imp.pk))
    house.sweep()
    house.carried(imp)
    assert (settled(house, request).state, imp.state) == (VERIFIED, State.DONE_WITH_REJECTS)
    assert results(imp)[1:] == (40, 24, 10, 6)
    assert adds_up(imp)
    assert traces(folders) == []


MOMENTS = [
    Moment(leaving_out, "_write_refused"),
    Moment(leaving_out, "_write_part"),
    Moment(leaving_out, "_note"),
    Moment(leaving_out, "_remove", after=False),
    Moment(storage, "remove_other_attempts", after=False),
]


@pytest.mark.parametrize("moment", MOMENTS, ids=repr)
def test_an_erasure_that_dies_within_a_running_import_counts_each_record_once(
    house: House, folders: Path, moment: Moment
) -> None:
    imp = house.read(as_lines([*crowd(), of_ann(1, type="rate", rating="five")]))
    request = asked(house)
    do_and_die(house, ("erase_people", request.pk), moment)
    silent(request)
    house.do(("erase_people", request.pk))
    request.refresh_from_db()
    assert traces(folders / "imports") == []
    assert imp.blocks.aggregate(Sum("accepted"), Sum("rejected")) == {"accepted__sum": 30, "rejected__sum": 11}
    house.carried(imp)
    assert results(imp) == (State.DONE_WITH_REJECTS, 41, 30, 11, 0)
    assert adds_up(imp)
    assert settled(house, request).state == VERIFIED
    assert traces(folders) == []


def test_the_file_of_a_failed_import_that_names_the_person_goes_with_all_that_was_read(
    house: House, folders: Path
) -> None:
    imp = house.read(as_lines(crowd()))
    Import.objects.filter(pk=imp.pk).update(state=State.FAILED, phase=Import.Phase.COMMITTING)
    house.queue.clear()
    assert erased(house).state == VERIFIED
    imp.refresh_from_db()
    assert (imp.state, imp.error) == (State.FAILED, uploaded.REMOVED)
    assert traces(folders) == []
    with pytest.raises(ImportStateError, match="Choose the file again"):
        house.ask(imports.retry, imp)


def test_a_failed_import_whose_file_names_nobody_can_be_tried_again(house: House) -> None:
    imp = house.read(as_lines(records(10)))
    Import.objects.filter(pk=imp.pk).update(state=State.FAILED, phase=Import.Phase.COMMITTING)
    house.queue.clear()
    assert erased(house).state == VERIFIED
    imp.refresh_from_db()
    house.ask(imports.retry, imp)
    house.carried(imp)
    assert results(imp) == (State.DONE, 10, 10, 0, 0)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_a_file_that_waits_to_be_loaded_and_names_the_person_is_removed_with_a_sentence(
    house: House, folders: Path, pack: Callable[[bytes], bytes]
) -> None:
    waiting, other = house.given(pack(as_list(crowd()))), house.given(pack(as_list(records(9))))
    assert erased(house).state == VERIFIED
    waiting.refresh_from_db()
    other.refresh_from_db()
    assert (waiting.state, waiting.error) == (State.CANCELLED, uploaded.REMOVED)
    assert other.state == State.CHECKING
    assert traces(folders) == []


def test_a_file_that_comes_after_the_request_waits_in_peace(house: House) -> None:
    request = asked(house)
    waiting = house.given(as_lines(crowd()))
    house.carry("erase_people")
    request.refresh_from_db()
    waiting.refresh_from_db()
    assert (request.state, waiting.state) == (VERIFIED, State.CHECKING)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_what_has_come_of_a_file_that_is_still_being_sent_is_looked_through_too(
    house: House, folders: Path, pack: Callable[[bytes], bytes]
) -> None:
    whole = pack(as_lines(crowd(20_000)))
    imp = imports.begin(Environment.objects.get(slug="production"), file_name="a.gz", size=len(whole), user=None)
    storage.whole_upload(imp).write_bytes(whole[: len(whole) // 2])
    assert erased(house).state == VERIFIED
    imp.refresh_from_db()
    assert imp.state == State.CANCELLED
    assert list((folders / "uploads").iterdir()) == []


@pytest.mark.parametrize("spelled", ['"ann-of-\\u0067reen-gables"', '["x", "ann-of-green-gables"]'])
def test_an_id_in_a_waiting_file_is_found_however_it_is_spelled(house: House, spelled: str) -> None:
    imp = house.given(as_lines(records(3)) + b'{"type": "like", "user_id" : ' + spelled.encode() + b"}\n")
    erased(house)
    imp.refresh_from_db()
    assert imp.state == State.CANCELLED


def test_an_id_that_lies_across_two_pieces_of_a_waiting_file_is_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploaded, "_MOST_READ", 64)
    imp = house.given(as_lines([*records(5), of_ann(1), *records(5)]))
    erased(house)
    imp.refresh_from_db()
    assert imp.state == State.CANCELLED


def test_everybody_elses_records_in_a_running_import_are_as_they_would_have_been(house: House) -> None:
    others = [made for made in crowd(200) if made["user_id"] != ANN]
    house.done(as_lines(others), environment="playground")
    house.read(as_lines(crowd(200)))
    asked(house)
    house.carry()
    ours = {"import_id", "received_at"}
    assert [{k: v for k, v in row.items() if k not in ours} for row in rows()] == [
        {k: v for k, v in row.items() if k not in ours} for row in rows("playground")
    ]
