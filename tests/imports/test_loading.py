"""What comes of a file: counts, causes, numbers and offsets, whatever blocks it is cut into."""

import pytest

from interactions import imports
from interactions.models import Import

from .files import BAD, as_lines, as_list, as_object, packed, record, records
from .house import House, adds_up, files, rejected, rows, users

State = Import.State


@pytest.mark.parametrize("form", [as_lines, as_list, as_object])
def test_every_record_of_a_good_file_is_in_the_data_set_once(house: House, form) -> None:
    imp = house.done(form(records(50)))
    assert (imp.state, imp.records, imp.accepted, imp.rejected, imp.duplicates) == (State.DONE, 50, 50, 0, 0)
    assert users() == sorted(f"user-{number}" for number in range(50))
    assert imp.blocks.count() > 4
    assert adds_up(imp)
