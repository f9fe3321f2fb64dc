"""What comes of a file: counts, causes, numbers and offsets, whatever blocks it is cut into."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from interactions.ingest import imports
from interactions.models import Import

from .files import BAD, Record, as_lines, as_list, as_object, packed, record, records
from .house import House, adds_up, files, rejected, rows, users

State = Import.State
forms = pytest.mark.parametrize("form", [as_lines, as_list, as_object])


@forms
def test_every_record_of_a_good_file_is_in_the_data_set_once(house: House, form: Callable[..., bytes]) -> None:
    imp = house.done(form(records(50)))
    assert (imp.state, imp.records, imp.accepted, imp.rejected, imp.duplicates) == (State.DONE, 50, 50, 0, 0)
    assert users() == sorted(f"user-{number}" for number in range(50))
    assert imp.blocks.count() > 4
    assert adds_up(imp)


@forms
def test_a_packed_file_gives_the_same_records(house: House, form: Callable[..., bytes]) -> None:
    imp = house.done(packed(form(records(50))))
    assert (imp.state, imp.compression, imp.accepted) == (State.DONE, "gzip", 50)
    assert adds_up(imp)


@forms
def test_a_file_with_rejects_is_told_apart_and_its_good_records_are_in(
    house: House, form: Callable[..., bytes]
) -> None:
    made: list[Record] = records(50)
    made[0] = made[17] = made[49] = BAD
    imp = house.done(form(made))
    assert (imp.state, imp.records, imp.accepted, imp.rejected) == (State.DONE_WITH_REJECTS, 50, 47, 3)
    assert adds_up(imp)


def test_causes_are_counted_over_all_blocks_with_the_first_example(house: House) -> None:
    made: list[Record] = records(60)
    for number in (5, 30, 55):
        made[number] = record(number, type="view")
    for number in (31, 59):
        made[number] = record(number, timestamp="yesterday")
    text = as_lines(made)
    imp = house.done(text)
    kinds, times = imports.causes(imp)
    assert (kinds.path, kinds.count, kinds.record) == ("type", 3, 6)
    assert kinds.rule.startswith("It is not an interaction type.")
    assert kinds.rule.endswith("click, custom.")  # the list of types is whole
    assert (times.path, times.count, times.record, times.value) == ("timestamp", 2, 32, "yesterday")
    for cause, number in ((kinds, 5), (times, 31)):
        assert text[cause.offset :].startswith(json.dumps(made[number]).encode())


def test_a_record_with_two_faults_counts_for_both_causes_and_is_rejected_once(house: House) -> None:
    imp = house.done(as_lines([*records(3), record(3, type="view", timestamp="yesterday")]))
    assert imp.rejected == 1
    assert [(cause.path, cause.count) for cause in imports.causes(imp)] == [("timestamp", 1), ("type", 1)]


def test_offsets_are_of_the_unpacked_file(house: House) -> None:
    made: list[Record] = [*records(60), BAD]
    text = as_object(made)
    imp = house.done(packed(text))
    (cause,) = imports.causes(imp)
    assert (cause.record, cause.offset) == (61, text.rindex(b'{"type": "rate"'))


def test_the_number_of_a_record_is_not_told_before_the_blocks_before_it_are_read(house: House) -> None:
    made: list[Record] = [*records(60), BAD]
    imp = house.planned(as_lines(made))
    house.do(house.queue[-1])
    assert [cause.record for cause in imports.causes(imp)] == [None]
    house.carried(imp)
    assert [cause.record for cause in imports.causes(imp)] == [61]


def test_more_kinds_of_fault_than_are_kept_are_counted_together(
    house: House, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr("interactions.ingest.imports.rejects._CAUSES_KEPT", 3)
    settings.IMPORT_BLOCK_BYTES = 1 << 20
    imp = house.done(as_lines([record(number, **{f"field_{number}": 1}) for number in range(20)]))
    found = imports.causes(imp)
    assert sum(cause.count for cause in found) == imp.rejected == 20
    assert found[0].rule == "Another rule is broken: see the rejected records."


def test_problems_hold_what_any_database_can_keep(house: House) -> None:
    imp = house.done(
        as_lines([r'{"type": "like\u0000", "\u0000": 1, "user_id": "\ud83d"}', record(1, type="\x00\ud83d")])
    )
    assert (imp.state, imp.rejected) == (State.FAILED, 2)
    assert not any("\x00" in cause.value + cause.path for cause in imports.causes(imp))


def test_progress_counts_the_bytes_of_the_blocks_that_are_read(house: House) -> None:
    text = as_lines(records(60))
    imp = house.planned(text)
    before = imports.progress(imp)
    assert (before.bytes_done, before.bytes_total, before.records, before.fraction) == (0, len(text), 0, 0.0)
    house.do(house.queue[0])
    half = imports.progress(imp)
    assert 0 < half.fraction < 1
    assert half.bytes_done == imp.blocks.get(number=0).end
    house.carried(imp)
    after = imports.progress(imp)
    assert (after.fraction, after.bytes_done, after.records) == (1.0, len(text), 60)


def test_nothing_shows_before_the_commit(house: House) -> None:
    imp = house.read(as_lines(records(60)))
    assert imp.phase == Import.Phase.COMMITTING
    assert rows() == []
    house.carried(imp)
    assert len(rows()) == 60


def test_all_blocks_come_in_by_one_commit(house: House) -> None:
    house.done(as_lines(records(5)))
    before = Import.objects.get().table_version
    imp = house.done(as_lines(records(60, start=100)))
    assert imp.table_version == before + 1


def test_the_file_is_removed_once_the_import_is_done(house: House) -> None:
    imp = house.done(packed(as_lines(records(60))))
    assert imp.state == State.DONE
    assert [path for path in files() if path.is_file()] == []


def test_only_the_refused_records_stay(house: House) -> None:
    imp = house.done(packed(as_lines([*records(60), BAD])))
    assert [path for path in files() if path.is_file()] == [imports.rejected_path(imp)]
    assert [line["_dojo"]["record"] for line in rejected(imp)] == [61]


def test_a_record_without_a_time_has_that_of_its_receipt(house: House) -> None:
    imp = house.done(as_lines([record(1), record(2, timestamp=None)]))
    timed, untimed = rows()
    assert (timed["received_at"], untimed["timestamp"]) == (imp.created_at, imp.created_at)
    assert (imp.first_timestamp, imp.last_timestamp) == (timed["timestamp"], imp.created_at)
