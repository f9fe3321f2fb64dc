"""An import that ignores fields that Dojo doesn't know, in blocks of any number."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interactions.ingest import imports
from interactions.models import Import
from tests.ingest.imports.house import House, adds_up, rows

pytestmark = pytest.mark.django_db

CONTENT = b"".join(
    json.dumps({"type": "like", "user_id": f"u{number}", **({"colour": "red"} if number % 2 else {})}).encode() + b"\n"
    for number in range(40)
)


def carried(house: House, **options: Any) -> Import:
    imp = house.given(CONTENT)
    house.ask(imports.start, imp, check_duplicates=True, **options)
    return house.carried(imp)


def test_they_are_left_out_and_counted_by_name(house: House, settings: Any) -> None:
    settings.IMPORT_BLOCK_BYTES = 512
    imp = carried(house, ignore_unknown_fields=True)
    assert (imp.state, imp.accepted, imp.rejected) == (Import.State.DONE, 40, 0)
    assert imp.blocks.count() > 1 and adds_up(imp)
    assert imports.ignored_fields(imp) == [("colour", 20)]
    assert len(rows()) == 40


def test_they_are_rejected_where_nobody_asked(house: House) -> None:
    imp = carried(house)
    assert (imp.accepted, imp.rejected, imports.ignored_fields(imp)) == (20, 20, [])
