"""Where a file was cut in the wrong place, or is broken, the result is that of reading it in one go."""

from collections.abc import Callable
from typing import Any

import pytest

from interactions.ingest import imports
from interactions.models import Block, Import

from .files import BAD, Record, as_lines, as_list, as_object, record, records
from .house import House, adds_up, rejected, rows

State = Import.State


def outcome(house: House, content: bytes, environment: str) -> dict[str, Any]:
    """All that is to be known of an import of ``content``, but for its id and moment."""
    imp = house.done(content, environment=environment)
    ours = ("import_id", "received_at")
    return {
        "state": imp.state,
        "counts": (imp.records, imp.accepted, imp.rejected, imp.duplicates),
        "rows": [{name: value for name, value in row.items() if name not in ours} for row in rows(environment)],
        "causes": imports.causes(imp),
        "rejected": rejected(imp),
    }


def same_in_one_go(house: House, settings: Any, content: bytes) -> dict[str, Any]:
    """Import in many blocks, then in one: both have to give the same, which is answered."""
    cut = outcome(house, content, "production")
    settings.IMPORT_BLOCK_BYTES = 1 << 30
    whole = outcome(house, content, "playground")
    assert cut == whole
    return whole


def with_objects_like_records(number: int, count: int = 40) -> Record:
    """A record within which the seams between its objects read like seams between records."""
    inner = [{"type": "like", "user_id": f"inner-{number}-{place}"} for place in range(count)]
    return record(number, context={"custom_context": {"seen": inner}})


@pytest.mark.parametrize("form", [as_list, as_object])
def test_objects_that_read_like_records_are_not_taken_for_any(
    house: House, settings: Any, form: Callable[..., bytes]
) -> None:
    found = same_in_one_go(house, settings, form([with_objects_like_records(number) for number in range(12)]))
    assert found["counts"] == (12, 12, 0, 0)


def test_a_wrong_cut_is_noticed_and_read_anew(house: House) -> None:
    made = [*records(20), *(with_objects_like_records(number) for number in range(20, 24)), *records(20, start=30)]
    imp = house.planned(as_list(made))
    house.carry("load_block")
    unsound = imp.blocks.filter(state=Block.State.UNSOUND)
    assert unsound.exists()
    first = unsound.order_by("number")[0]
    house.carried(imp)
    assert (imp.state, imp.records, imp.accepted) == (State.DONE, 44, 44)
    assert imp.blocks.order_by("number").last() == first
    assert adds_up(imp)


@pytest.mark.parametrize("form", [as_list, as_object])
@pytest.mark.parametrize(
    "broken",
    ['{"type": "like", "user_id": }', '{"type": "like"', '{"type": "like}', '"type": "like"}', "]", "}", '\\"', "{{{"],
)
def test_broken_json_in_the_second_of_four_blocks(
    house: House, settings: Any, form: Callable[..., bytes], broken: str
) -> None:
    settings.IMPORT_BLOCK_BYTES = 2048
    made: list[Record | str] = [*records(50)]
    made[18] = broken
    found = same_in_one_go(house, settings, form(made))
    assert found["state"] == State.DONE_WITH_REJECTS
    assert found["counts"][1] >= 18
    assert found["causes"][0].offset >= form(made).index(b'"user-17"')


@pytest.mark.parametrize("broken", ['{"type": "like", "user_id": }', '{"type": "like"', '{"type": "like}', "]", '\\"'])
def test_broken_json_in_lines_costs_its_own_line_alone(house: House, settings: Any, broken: str) -> None:
    made: list[Record | str] = [*records(50)]
    made[18] = broken
    found = same_in_one_go(house, settings, as_lines(made))
    assert found["counts"] == (50, 49, 1, 0)


def test_a_file_that_ends_in_the_middle_keeps_what_came_before(house: House, settings: Any) -> None:
    found = same_in_one_go(house, settings, as_list(records(50))[:-40])
    assert found["state"] == State.DONE_WITH_REJECTS
    assert found["counts"] == (50, 49, 1, 0)


def test_problems_of_what_was_read_wrongly_are_forgotten(house: House, settings: Any) -> None:
    made = [*records(20), *(with_objects_like_records(number) for number in range(20, 24)), *records(20, start=30), BAD]
    found = same_in_one_go(house, settings, as_list(made))
    assert found["counts"] == (45, 44, 1, 0)
    assert [cause.record for cause in found["causes"]] == [45]


def test_while_it_is_read_anew_the_import_can_be_cancelled(house: House) -> None:
    made = [*records(20), *(with_objects_like_records(number) for number in range(20, 24)), *records(20, start=30)]
    imp = house.read(as_list(made))
    house.do(("finish_import", imp.pk))
    assert [name for name, _ in house.queue] == ["load_block"]
    house.ask(imports.cancel, imp)
    assert house.carried(imp).state == State.CANCELLED
    assert rows() == []
