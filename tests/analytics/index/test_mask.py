"""A mask has a one for each event that meets the conditions."""

from __future__ import annotations

from typing import Any

import pytest

from interactions.analytics.conditions import Condition
from interactions.analytics.devices import Device
from interactions.analytics.filters import Filter
from interactions.analytics.index.build import build_table
from interactions.analytics.index.mask import masks_of
from interactions.contract.tombstones import Tombstones

from ...lakes import Record, record
from .rows import table_of

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 Version/17.6 Mobile/15E148"
ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
ROWS = (
    record("search", "2024-01-01T00:00:00Z", keywords="tea", region="Kent", miso_id=ID),
    record("click", "2024-01-01T00:00:01Z", product_ids=["a", "b"], region="Bath", user_agent=PHONE),
    record("category_page_view", "2024-01-01T00:00:02Z", category=["x"], campaign_source="mail", import_id=0),
    record("like", "2024-01-01T00:00:03Z", product_ids=["c"], page_url="https://a.example/ÄPFEL", import_id=2),
    record("like", "2024-01-01T00:00:04Z", product_ids=[], locale="de-DE", campaign_name="spring"),
)
EVERYTHING = [0, 1, 2, 3, 4]


def let_through(*wanted: Condition, rows: tuple[Record, ...] = ROWS) -> list[int]:
    """The places of the records that are let through; they name nobody, so the index has them in order of time."""
    index = build_table(table_of(rows), Tombstones.of([]), "production", 1)
    [mask] = masks_of(index, Filter(conditions=wanted), 2)
    return EVERYTHING if mask is None else mask.nonzero()[0].tolist()


@pytest.mark.parametrize(
    ("field", "values", "expected"),
    [
        ("is_assisted", (True,), [0]),
        ("is_assisted", (False,), [1, 2, 3, 4]),
        ("import_id", (0,), [2]),
        ("import_id", (1, 2), [0, 1, 3, 4]),
        ("product_id", ("a", "c"), [1, 3]),
        ("category", ("x", "y"), [2]),
        ("miso_id", (ID.upper(),), [0]),
        ("keywords", ("tea",), [0]),
        ("region", ("Kent", "Bath"), [0, 1]),
        ("region", ("Rome",), []),
        ("campaign_source", ("mail",), [2]),
        ("campaign_name", ("spring", "sale"), [4]),
        ("page_contains", ("äpfel", "nothing"), [3]),
        ("page_url", ("https://a.example/ÄPFEL?x=1",), [3]),
        ("page_url", ("https://a.example/",), []),
        ("locale", ("de-DE",), [4]),
        ("device", (Device.PHONE,), [1]),
        ("device", (Device.UNKNOWN,), [0, 2, 3, 4]),
        ("is_live", (True,), [2]),
        ("is_live", (True, False), EVERYTHING),
        ("user_key", (1, 2), []),
    ],
)
def test_is_takes_any_of_the_values_and_is_not_all_the_rest(
    field: str, values: tuple[Any, ...], expected: list[int]
) -> None:
    assert let_through(Condition(field, values)) == expected
    rest = [place for place in EVERYTHING if place not in expected]
    assert let_through(Condition(field, values, is_not=True)) == rest


def test_a_record_has_to_meet_all_conditions() -> None:
    is_imported, is_not_c = Condition("import_id", (1, 2)), Condition("product_id", ("c",), is_not=True)
    assert let_through(is_imported, is_not_c) == [0, 1, 4]


@pytest.mark.parametrize(
    ("field", "values", "expected"),
    [
        ("keywords", ("EA",), [0]),
        ("region", ("e", "ath"), [0, 1]),
        ("product_id", ("A", "c"), [1, 3]),
        ("category", ("X",), [2]),
        ("campaign_source", ("ai",), [2]),
        ("locale", ("-d",), [4]),
    ],
)
def test_contains_takes_a_part_of_a_value_in_either_case(
    field: str, values: tuple[str, ...], expected: list[int]
) -> None:
    assert let_through(Condition(field, values, contains=True)) == expected
    rest = [place for place in EVERYTHING if place not in expected]
    assert let_through(Condition(field, values, is_not=True, contains=True)) == rest


def test_of_a_group_one_condition_has_to_hold() -> None:
    index = build_table(table_of(ROWS), Tombstones.of([]), "production", 1)
    group = [Condition("region", ("Kent",)), Condition("product_id", ("c",)), Condition("is_live", (True,))]
    for asked, expected in (
        (Filter(any_of=[group]), [0, 2, 3]),
        (Filter(types=("like",), any_of=[group]), [3]),
        (Filter(any_of=[group, [Condition("category", ("x",))]]), [2]),
    ):
        [mask] = masks_of(index, asked, 2)
        assert mask is not None and mask.nonzero()[0].tolist() == expected


def test_no_condition_makes_no_mask() -> None:
    index = build_table(table_of(ROWS), Tombstones.of([]), "production", 1)
    assert masks_of(index, Filter(), 2) == [None]


def test_fields_that_records_do_not_have_are_refused() -> None:
    with pytest.raises(ValueError, match="no field 'colour'"):
        Condition("colour", ("red",))
