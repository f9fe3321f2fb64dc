"""Whatever JSON an event is, it becomes records on which the codec has a verdict, or is skipped with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.connectors import SOURCES, Options, Skipped
from tests.connectors import test_amplitude, test_ga4, test_mixpanel, test_posthog, test_segment, test_shopify
from tests.connectors.read import read, verdicts
from tests.connectors.test_woocommerce import ORDER

CATEGORY = test_ga4.event("view_item_list", {"search_term": "x"}, items=[test_ga4.MUG])
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "segment": [
        test_segment.track("Order Completed", products=[{"product_id": "m", "quantity": 1}], revenue=1),
        test_segment.track("Product List Viewed", category="c", products=[{"product_id": "m"}]),
        test_segment.track("Products Searched", query={"text": "m"}),
        test_segment.track("Product Reviewed", rating=1),
        test_segment.call("page", "Home", properties={"path": "/"}),
    ],
    "mixpanel": [test_mixpanel.event("Order Completed", products=[{"product_id": "m", "quantity": 1}], revenue=1)],
    "amplitude": [test_amplitude.event("Order Refunded", event_properties={"total": 1, "product_id": 7})],
    "posthog": [test_posthog.event("Product List Viewed", category=["c"]), {"event": test_posthog.event("Search")}],
    "ga4": [CATEGORY, test_ga4.event("purchase", ecommerce={"transaction_id": 1}, items=[test_ga4.MUG])],
    "shopify": [test_shopify.ORDER, test_shopify.REFUND],
    "shopify_pixel": [test_shopify.COMPLETED, test_shopify.pixel("page_viewed", "https://[/")],
    "woocommerce": [ORDER],
    "dojo": [{"type": "like", "user_id": "ann"}],
}

_TEXTS = st.sampled_from(["", "Home", "1e999", "-7.5", "2026-11-02 10:00:00", "//[", "$device:", "a" * 2000])
_NUMBERS = st.sampled_from([0, -1, 10**30, 1 << 63, 1e308, -0.5, 1e16])
ANY: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "key", "value", "x"]), inner),
    max_leaves=6,
)


def places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [above, *(place for key, each in inner for place in places(each, (*above, key)))]


def changed(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    copy = json.loads(json.dumps(document))
    inside = copy
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    return copy


def assert_has_a_verdict(name: str, document: Any, options: Options | None = None) -> None:
    text = json.dumps(document).encode() + b"\n"
    for chunk in read(name, text, options):
        batches = verdicts(chunk)
        assert sum(batch.records for batch in batches) == chunk.records
        assert all(rejected.violations for batch in batches for rejected in batch.rejected)
        assert all(said.name and said.reason for said in chunk.skipped)
        assert chunk.records or chunk.skipped or chunk.rejected or not chunk.events
        assert all(chunk.origin(record).text for record in range(chunk.records))


@pytest.mark.parametrize("name", SOURCES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_an_event_with_anything_in_any_place_has_a_verdict(name: str, data: st.DataObject) -> None:
    example = data.draw(st.sampled_from(EXAMPLES[name]))
    document = changed(example, data.draw(st.sampled_from(places(example))), data.draw(ANY))
    types = data.draw(st.sampled_from([None, "custom", "rate", "category_page_view", "refund", "feedback"]))
    named = SOURCES[name].name_of(document) if isinstance(document, dict) else ""
    assert_has_a_verdict(name, document)
    assert_has_a_verdict(name, {"event": document, "data": {}}, Options(types={named: types}))
    if isinstance(document, dict):
        assert isinstance(SOURCES[name].event_id(document), str)
        assert 0 <= SOURCES[name].recognise([document]) <= 1
        assert isinstance(SOURCES[name].interactions(document, Options(types={named: types})), (list, Skipped))


@pytest.mark.parametrize("name", SOURCES)
def test_an_event_of_nothing_but_depth_has_a_verdict(name: str) -> None:
    deep: Any = "x"
    for _ in range(400):
        deep = [deep]
    for example in EXAMPLES[name]:
        assert_has_a_verdict(
            name,
            {key: deep if key in ("userId", "user_id", "distinct_id") else value for key, value in example.items()},
        )


@pytest.mark.parametrize("name", SOURCES)
def test_examples_are_recognised_as_their_own(name: str) -> None:
    for example in EXAMPLES[name]:
        sure = {other: source.recognise([example]) for other, source in SOURCES.items()}
        assert sure[name] == 1
        assert [other for other, value in sure.items() if value] == [name]
