"""Erased means in no store any more, and everybody else's records as they were."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.utils import timezone

from interactions.ingest import imports
from interactions.ingest.imports import commit
from interactions.ingest.imports import erased as leaving_out
from interactions.models import DeletionRequest, Environment, InboxEntry, Problem, Tombstone
from interactions.models.packed import pack, unpack
from interactions.privacy import entries, erasure
from interactions.warehouse import people, rewrite
from interactions.warehouse.lake import Lake
from tests import figures
from tests.ingest.imports.crashes import Moment, do_and_die, interrupted
from tests.ingest.imports.files import BAD, Record, as_lines, record, records
from tests.ingest.imports.house import House, rejected, rows, silent, users

from .people import ANN, asked, crowd, erased, later, of_ann, stuck, traces

State = DeletionRequest.State


def waiting(made: list[Record], *, hours: float = -1, environment: str = "production") -> InboxEntry:
    """A call in the inbox, received so many ``hours`` from now."""
    return InboxEntry.objects.create(
        environment=Environment.objects.get(slug=environment),
        received_at=timezone.now() + timedelta(hours=hours),
        records=len(made),
        text=json.dumps(made)[1:-1].encode(),
    )


def test_nothing_of_the_person_is_left_in_any_file(house: House, folders: Path) -> None:
    house.done(as_lines(crowd()))
    house.done(as_lines([later(100)]))  # received before the request, so it goes as well
    assert traces(folders)
    request = erased(house)
    assert (request.state, request.people, request.erased, request.error) == (State.VERIFIED, 1, 11, "")
    assert request.ended_at is not None
    assert traces(folders) == []
    assert ANN not in users()


def test_everybody_elses_rows_are_as_they_were(house: House) -> None:
    house.done(as_lines(crowd(400)))
    before = [row for row in rows() if row["user_id"] != ANN]
    erased(house)
    assert rows() == before
    assert len(before) == 300


def test_the_answers_fall_by_the_persons_records_and_stay_there(house: House) -> None:
    house.done(as_lines(crowd()))
    figures.totals("production")
    erased(house)
    totals = figures.totals("production")
    assert (totals.interactions, totals.users) == (30, 30)


def test_an_import_that_was_committed_is_still_known_to_be(house: House) -> None:
    """The log was cleaned, not forgotten: else a repeated task would add the records again."""
    imp = house.done(as_lines(crowd()))
    erased(house)
    assert Lake("production").has_mark(f"import:{imp.pk}")


def test_a_person_nobody_knows_is_verified_too(house: House) -> None:
    house.done(as_lines(records(5)))
    assert (erased(house).state, len(rows())) == (State.VERIFIED, 5)


def test_an_environment_without_data_is_verified_too(house: House) -> None:
    assert erased(house).state == State.VERIFIED


def test_a_person_without_records_is_told_from_one_whose_key_is_nought(house: House) -> None:
    """Rows without a user have no key at all, which is no person's."""
    house.done(as_lines([record(number, user_id=None) for number in range(5)]))
    request = asked(house)
    Tombstone.objects.update(user_key=0)
    assert figures.totals("production").interactions == 5
    house.carry()
    request.refresh_from_db()
    assert (request.state, len(rows())) == (State.VERIFIED, 5)


def test_many_requests_are_carried_in_one_pass(house: House) -> None:
    house.done(as_lines(records(10)))
    requests = [asked(house, f"user-{number}") for number in range(3)]
    with patch.object(people, "erase", wraps=people.erase) as erase:
        house.carry()
    assert erase.call_count == 1
    for request in requests:
        request.refresh_from_db()
    assert [(request.state, request.erased) for request in requests] == [(State.VERIFIED, 1)] * 3
    assert len(rows()) == 7


# --- The inbox ---


def test_a_call_in_the_inbox_is_written_anew_without_the_person(house: House, folders: Path) -> None:
    entry = waiting([record(1), of_ann(2), record(3)])
    request = erased(house)
    entry.refresh_from_db()
    assert (request.state, request.erased) == (State.VERIFIED, 1)
    assert json.loads(b"[" + bytes(entry.text) + b"]") == [record(1), record(3)]
    assert entry.records == 2


def test_a_large_call_in_the_inbox_which_lies_packed_is_written_anew_too(house: House) -> None:
    entry = waiting([])
    others = [record(number) for number in range(2000)]
    text = ",".join(map(json.dumps, [others[0], of_ann(2), *others[1:]])).encode()
    InboxEntry.objects.filter(pk=entry.pk).update(text=pack(text), records=2001)
    request = erased(house)
    entry.refresh_from_db()
    assert (request.state, request.erased, entry.records) == (State.VERIFIED, 1, 2000)
    assert json.loads(b"[" + unpack(entry.text) + b"]") == others


def test_a_call_of_the_person_alone_goes(house: House) -> None:
    waiting([of_ann(1), of_ann(2)])
    assert erased(house).erased == 2
    assert not InboxEntry.objects.exists()


def test_a_call_of_nobody_erased_stays_to_the_byte(house: House) -> None:
    entry = waiting([record(1)])
    InboxEntry.objects.filter(pk=entry.pk).update(text=b' {"type" : "like"} ')
    erased(house)
    entry.refresh_from_db()
    assert bytes(entry.text) == b' {"type" : "like"} '


def test_of_calls_from_after_the_request_what_is_newer_stays(house: House) -> None:
    request = asked(house)
    newer = [later(1), {"type": "like", "user_id": ANN}]
    entry = waiting([newer[0], of_ann(2), newer[1]], hours=1)
    house.carry()
    entry.refresh_from_db()
    request.refresh_from_db()
    assert json.loads(b"[" + bytes(entry.text) + b"]") == newer
    assert request.state == State.VERIFIED


# --- Refused records ---


def test_refused_records_of_the_person_go_and_others_stay(house: House, folders: Path) -> None:
    bad = [
        of_ann(1, type="rate", rating="five"),
        record(2, type="rate", rating="six"),
        of_ann(3, type="like", rating=1),
    ]
    imp = house.done(as_lines([*records(3), *bad, f'{{"user_id": "{ANN}", "type":']))
    assert len(rejected(imp)) == 4
    request = erased(house)
    assert (request.state, traces(folders)) == (State.VERIFIED, [])
    assert [line["user_id"] for line in rejected(imp)] == ["user-2"]


def test_a_file_of_refused_records_of_the_person_alone_goes(house: House) -> None:
    imp = house.done(as_lines([*records(3), of_ann(1, type="rate", rating="five")]))
    erased(house)
    assert rejected(imp) == []


def test_an_id_that_stands_where_it_should_not_is_found(house: House, folders: Path) -> None:
    bad = [{"type": "like", "user_id": [ANN]}, {"type": "like", "context": {"custom_context": 1, "user_id": ANN}}]
    house.done(as_lines([*records(3), *bad]))
    assert (erased(house).state, traces(folders)) == (State.VERIFIED, [])


def test_a_number_given_as_user_id_is_found_and_the_same_number_elsewhere_is_not(house: House) -> None:
    imp = house.done(as_lines([{"type": "like", "user_id": 7}, {"type": "rate", "rating": "x", "duration": 7}]))
    erased(house, "7")
    assert [line["type"] for line in rejected(imp)] == ["rate"]


def test_examples_of_problems_that_show_something_of_the_person_are_forgotten(house: House) -> None:
    bad = [of_ann(1, type="rate", rating="Ann's own words"), {"type": "like", "user_id": [ANN], "search": "hers"}]
    house.done(as_lines([*records(20), *bad, record(30, type="like", rating="somebody else's")]))
    assert Problem.objects.exclude(value="").count() > 2
    erased(house)
    assert set(Problem.objects.exclude(value="").values_list("value", flat=True)) == {"somebody else's"}
    assert Problem.objects.count() > 2


# --- Broken off, tried again, failed ---


BREAKS = [
    Moment(people, "erase_most", after=False),
    Moment(rewrite, "_in_parallel"),
    Moment(rewrite, "_commit", after=False),
    Moment(rewrite, "_commit"),
    Moment(people, "erase_most"),
    Moment(people, "erase", after=False),
    Moment(people, "erase"),
    Moment(entries, "erase"),
    Moment(erasure, "_note_found"),
    Moment(erasure, "_empty"),
]


@pytest.mark.parametrize("moment", BREAKS, ids=repr)
def test_a_task_that_dies_is_taken_up_again(house: House, folders: Path, moment: Moment) -> None:
    house.done(as_lines(crowd()))
    request = asked(house)
    do_and_die(house, house.queue[0], moment)
    assert figures.totals("production").interactions == 30
    fallen_silent(house, request)
    assert (request.state, request.erased, traces(folders)) == (State.VERIFIED, 10, [])
    assert len(rows()) == 30


def test_a_worker_killed_before_files_are_removed_leaves_nothing_in_the_end(house: House, folders: Path) -> None:
    from deltalake import DeltaTable

    house.done(as_lines(crowd()))
    request = asked(house)
    do_and_die(house, house.queue[0], Moment(DeltaTable, "create_checkpoint", after=False))
    assert len(rows()) == 30
    assert traces(folders)  # the file that is no longer part of the table
    fallen_silent(house, request)
    assert (request.state, request.erased, traces(folders)) == (State.VERIFIED, 10, [])


def test_files_that_no_commit_names_go_too(house: House, folders: Path) -> None:
    """An append that was broken off leaves such; they hold people like any other."""
    house.done(as_lines(crowd()))
    lake = Lake("production")
    home = lake.folder / "import-77"
    home.mkdir()
    (home / "00000-lost.parquet").write_bytes(Path(lake.files()[0]).read_bytes())
    (home / "00001-cut.parquet#1").write_bytes(ANN.encode())  # its writer was killed
    assert erased(house).state == State.VERIFIED
    assert traces(folders) == []


def test_records_that_are_added_while_most_is_erased_go_as_well_and_are_counted(house: House, folders: Path) -> None:
    house.done(as_lines(crowd()))
    late = house.read(as_lines([of_ann(number) for number in range(100, 104)]))
    request = asked(house)
    finish = ("finish_import", late.pk)
    with (
        patch.object(leaving_out, "count_in", return_value=0),
        patch.object(commit, "leave_out_of"),
        interrupted(Moment(rewrite, "_in_parallel"), lambda: house.do(finish)),
    ):
        house.carry("erase_people")
    request.refresh_from_db()
    assert (request.state, request.erased, traces(folders)) == (State.VERIFIED, 14, [])


def test_parts_that_others_replace_while_most_is_erased_are_seen_to_afterwards(house: House, folders: Path) -> None:
    house.done(as_lines(crowd()))
    gone = house.done(as_lines([*records(9, start=200), of_ann(300)]))
    house.ask(imports.undo, gone)
    request = asked(house)
    undo = ("undo_import", gone.pk)
    with interrupted(Moment(rewrite, "_in_parallel"), lambda: house.do(undo)):
        house.carry("erase_people")
    request.refresh_from_db()
    assert (request.state, request.erased, len(rows()), traces(folders)) == (State.VERIFIED, 10, 30, [])


def test_a_request_whose_task_was_never_asked_for_is_swept_up(house: House) -> None:
    house.done(as_lines(crowd()))
    request = asked(house)
    house.queue.clear()
    long_ago = timezone.now() - timedelta(minutes=10)
    DeletionRequest.objects.filter(pk=request.pk).update(hidden_at=long_ago)
    house.ask(erasure.sweep)
    assert house.queue == [("erase_people", request.pk)]


def test_the_sweep_leaves_alone_what_is_carried_or_done(house: House) -> None:
    erased(house)
    request = asked(house)
    house.queue.clear()
    DeletionRequest.objects.filter(pk=request.pk).update(state=State.ERASING, heartbeat_at=timezone.now())
    house.ask(erasure.sweep)
    assert house.queue == []


def test_two_tasks_do_not_carry_one_environment_at_once(house: House) -> None:
    house.done(as_lines(crowd()))
    first, second = asked(house), asked(house, "user-1")
    DeletionRequest.objects.filter(pk=first.pk).update(state=State.ERASING, heartbeat_at=timezone.now())
    house.do(("erase_people", second.pk))
    second.refresh_from_db()
    assert second.state == State.HIDDEN


def test_a_store_that_keeps_records_makes_the_request_fail_with_a_sentence(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.done(as_lines(crowd()))
    with stuck():
        request = erased(house)
    assert (request.state, request.error) == (
        State.FAILED,
        "Records are left: 10 in data set. They stay hidden: press Retry.",
    )
    assert figures.totals("production").interactions == 30
    assert ANN not in caplog.text


def test_a_failure_that_nobody_foresaw_ends_with_a_reference_that_the_log_has(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.done(as_lines(crowd()))
    with patch.object(people, "erase", side_effect=RuntimeError("no such luck")):
        request = erased(house)
    assert request.state == State.FAILED
    reference = request.error.partition("reference ")[2][:8]
    assert reference in caplog.text
    assert ANN not in caplog.text


def test_a_failed_request_can_be_tried_again(house: House, folders: Path) -> None:
    house.done(as_lines(crowd()))
    with stuck():
        request = erased(house)
    house.ask(erasure.retry, request)
    house.carry()
    request.refresh_from_db()
    assert (request.state, request.error, traces(folders)) == (State.VERIFIED, "", [])


def test_only_a_failed_request_can_be_tried_again(house: House) -> None:
    with pytest.raises(erasure.RequestStateError, match="failed"):
        erasure.retry(erased(house))


def test_no_log_says_the_id(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        house.done(as_lines([*crowd(), of_ann(1, type="rate", rating="five"), BAD]))
        waiting([of_ann(2)])
        assert erased(house).state == State.VERIFIED
    assert ANN not in caplog.text


def fallen_silent(house: House, request: DeletionRequest) -> None:
    """The sweep comes by long after the last sign of life of anything."""
    silent(request)
    house.ask(erasure.sweep)
    house.carry()
    request.refresh_from_db()
