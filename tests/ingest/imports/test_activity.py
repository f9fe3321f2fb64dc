"""What the activity log says of an import."""

from interactions.access import audit
from interactions.access.audit import shared_by
from interactions.ingest import imports
from interactions.models import ActivityEntry, Environment, Import
from tests import cast

from .files import BAD, as_lines, records
from .house import House

Action = ActivityEntry.Action


def entries(imp: Import) -> list[ActivityEntry]:
    """Of one import, oldest first."""
    return list(ActivityEntry.objects.filter(shared=shared_by("import", imp.pk)).order_by("id"))


def actions(imp: Import) -> list[str]:
    return [entry.action for entry in entries(imp)]


def test_an_import_is_noted_from_start_to_end(house: House) -> None:
    imp = house.done(as_lines([*records(10), BAD]))
    start, end = entries(imp)
    assert (start.action, end.action) == (Action.IMPORT_STARTED, Action.IMPORT_DONE)
    assert (end.environment, end.object) == (imp.environment, f"import {imp.pk}")
    assert end.details == {"accepted": 10, "rejected": 1, "already_there": 0}


def test_an_undone_import_says_how_many_records_went(house: House) -> None:
    imp = house.done(as_lines(records(10)))
    house.ask(imports.undo, imp)
    house.carried(imp)
    assert actions(imp)[2:] == [Action.IMPORT_UNDO_STARTED, Action.IMPORT_UNDONE]
    assert entries(imp)[-1].details == {"removed": 10}


def test_a_task_that_runs_twice_notes_once(house: House) -> None:
    imp = house.done(as_lines(records(10)))
    house.do(("finish_import", imp.pk))
    assert actions(imp) == [Action.IMPORT_STARTED, Action.IMPORT_DONE]


def test_a_cancelled_import_is_noted(house: House) -> None:
    imp = house.started(as_lines(records(10)))
    house.ask(imports.cancel, imp)
    assert actions(imp) == [Action.IMPORT_STARTED, Action.IMPORT_CANCELLED]


def test_a_refused_file_is_noted_without_its_name_or_content(house: House) -> None:
    imp = house.given(b"\x89PNG no json", name="ann@example.org.json")
    (entry,) = entries(imp)
    assert entry.action == Action.IMPORT_FAILED
    assert "ann" not in f"{entry.object}{entry.details}"


def test_sample_data_is_noted_with_who_asked_for_it(house: House) -> None:
    user = cast.analyst()
    with audit.acting(user):
        imp = house.ask(imports.create_sample, Environment.objects.get(slug="playground"), user)
    (entry,) = entries(imp)
    assert (entry.action, entry.actor) == (Action.IMPORT_STARTED, "anna")
