"""The states of an import: which step each allows, and what the others are told."""

from typing import Any

import pytest

from interactions.errors import ImportStateError
from interactions.ingest import imports
from interactions.ingest.imports import storage
from interactions.models import Environment, Import

from .files import BAD, as_lines, as_list, records
from .house import House, rows

State, Phase = Import.State, Import.Phase
GOOD = as_lines(records(10))


def in_state(house: House, state: str) -> Import:
    """An import that came into ``state`` by the steps that lead there."""
    match state:
        case State.UPLOADING:
            return imports.begin(Environment.objects.get(slug="production"), file_name="a.json", size=9, user=None)
        case State.CHECKING:
            return house.given(GOOD)
        case State.LOADING:
            return house.started(GOOD)
        case State.DONE:
            return house.done(GOOD)
        case State.DONE_WITH_REJECTS:
            return house.done(as_lines([*records(3), BAD]))
        case State.FAILED:
            return house.given(b"This is no JSON.")
        case State.CANCELLED:
            imp = house.given(GOOD)
            house.ask(imports.cancel, imp)
        case _:
            imp = house.done(GOOD)
            house.ask(imports.undo, imp)
    return house.carried(imp)


def test_an_import_begins_uploading(house: House) -> None:
    imp = in_state(house, State.UPLOADING)
    assert (imp.state, imp.phase, imp.has_ended) == (State.UPLOADING, Phase.WAITING, False)


def test_a_file_that_is_none_of_ours_fails_with_a_sentence_and_is_removed(house: House) -> None:
    imp = house.given(b"This is no JSON.")
    error = "The file is neither JSON nor a table: its lines don't have the same columns."
    assert (imp.state, imp.error) == (State.FAILED, error)
    assert imp.finished_at is not None
    assert not storage.upload_path(imp).exists()


def test_a_file_that_can_be_read_is_ready_to_load(house: House) -> None:
    imp = house.given(as_list(records(3)))
    assert (imp.state, imp.format, imp.compression) == (State.CHECKING, "array", "")
    assert not house.queue


def test_a_file_that_arrives_twice_is_looked_at_once(house: House) -> None:
    imp = house.started(GOOD)
    house.ask(imports.received, imp)
    imp.refresh_from_db()
    assert imp.state == State.LOADING


def test_starting_hands_the_import_to_a_worker(house: House) -> None:
    imp = house.started(GOOD, check=False)
    assert (imp.state, imp.check_duplicates) == (State.LOADING, False)
    assert imp.started_at is not None
    assert house.queue == [("plan_import", imp.pk)]


def test_starting_twice_starts_once(house: House) -> None:
    imp = house.started(GOOD)
    house.ask(imports.start, Import.objects.get(pk=imp.pk), check_duplicates=False)
    imp.refresh_from_db()
    assert imp.check_duplicates
    assert house.queue == [("plan_import", imp.pk)]


@pytest.mark.parametrize("state", [State.UPLOADING, State.DONE, State.FAILED, State.CANCELLED, State.UNDONE])
def test_only_an_import_that_was_checked_starts(house: House, state: str) -> None:
    imp = in_state(house, state)
    house.ask(imports.start, imp, check_duplicates=True)
    imp.refresh_from_db()
    assert imp.state == state
    assert not house.queue


@pytest.mark.parametrize("state", [State.UPLOADING, State.CHECKING, State.LOADING])
def test_an_import_that_has_not_ended_can_be_cancelled(house: House, state: str) -> None:
    imp = in_state(house, state)
    house.queue.clear()
    assert imp.can_cancel
    house.ask(imports.cancel, imp)
    assert (imp.state, imp.can_cancel) == (State.CANCELLED, False)
    assert imp.finished_at is not None
    assert house.queue == [("discard_import", imp.pk)]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State.DONE, "done"),
        (State.DONE_WITH_REJECTS, "done with rejects"),
        (State.FAILED, "failed"),
        (State.CANCELLED, "cancelled"),
        (State.UNDONE, "undone"),
    ],
)
def test_an_import_that_has_ended_cannot_be_cancelled(house: House, state: str, word: str) -> None:
    imp = in_state(house, state)
    assert not imp.can_cancel
    with pytest.raises(ImportStateError, match=f"^It's too late to cancel this import: it's {word}.$"):
        house.ask(imports.cancel, imp)
    imp.refresh_from_db()
    assert imp.state == state


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State.UPLOADING, "uploading"),
        (State.CHECKING, "ready to load"),
        (State.LOADING, "loading"),
        (State.DONE, "done"),
        (State.DONE_WITH_REJECTS, "done with rejects"),
        (State.CANCELLED, "cancelled"),
        (State.UNDONE, "undone"),
    ],
)
def test_only_a_failed_import_can_be_tried_again(house: House, state: str, word: str) -> None:
    imp = in_state(house, state)
    assert not imp.can_retry
    with pytest.raises(ImportStateError, match=f"^Only a failed import can be retried: this one is {word}.$"):
        house.ask(imports.retry, imp)
    imp.refresh_from_db()
    assert imp.state == state


def test_a_refused_file_cannot_be_tried_again(house: House) -> None:
    imp = in_state(house, State.FAILED)
    with pytest.raises(ImportStateError, match="was refused and removed"):
        house.ask(imports.retry, imp)


def test_a_file_that_disappears_before_it_is_planned_fails_with_a_sentence(house: House) -> None:
    imp = house.started(GOOD)
    storage.upload_path(imp).unlink()
    assert house.carried(imp).state == State.FAILED
    assert imp.error == "The file is no longer here. Import it again."


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State.UPLOADING, "uploading"),
        (State.CHECKING, "ready to load"),
        (State.LOADING, "loading"),
        (State.FAILED, "failed"),
        (State.CANCELLED, "cancelled"),
        (State.UNDONE, "undone"),
    ],
)
def test_only_an_import_that_is_done_can_be_undone(house: House, state: str, word: str) -> None:
    imp = in_state(house, state)
    with pytest.raises(ImportStateError, match=f"^Only a finished import can be undone: this one is {word}.$"):
        house.ask(imports.undo, imp)
    imp.refresh_from_db()
    assert imp.state == state


@pytest.mark.parametrize("state", [State.DONE, State.DONE_WITH_REJECTS])
def test_an_import_that_is_done_can_be_undone_once(house: House, state: str) -> None:
    imp = in_state(house, state)
    house.ask(imports.undo, imp)
    assert not imp.can_undo
    with pytest.raises(ImportStateError, match="this one is being undone"):
        house.ask(imports.undo, Import.objects.get(pk=imp.pk))
    assert house.queue == [("undo_import", imp.pk)]
    assert house.carried(imp).state == State.UNDONE
    assert imp.undone_at is not None
    assert rows() == []


@pytest.fixture
def small_sample(monkeypatch: pytest.MonkeyPatch, settings: Any) -> int:
    """Sample data that are quickly made; how many records they are."""
    settings.IMPORT_BLOCK_BYTES = 1 << 20
    monkeypatch.setattr("interactions.ingest.imports.lifecycle.SAMPLE_RECORDS", 100)
    return 100


def test_sample_data_take_the_very_same_way(house: House, small_sample: int) -> None:
    imp = house.ask(imports.create_sample, Environment.objects.get(slug="playground"), None)
    assert (imp.state, imp.source, house.queue) == (State.LOADING, Import.Source.SAMPLE, [("plan_import", imp.pk)])
    assert house.carried(imp).state == State.DONE
    assert imp.accepted == len(rows("playground")) == small_sample


def test_sample_data_loaded_again_add_nothing(house: House, small_sample: int) -> None:
    for expected in ((small_sample, 0), (0, small_sample)):
        imp = house.ask(imports.create_sample, Environment.objects.get(slug="playground"), None)
        house.carried(imp)
        assert (imp.accepted, imp.duplicates) == expected
