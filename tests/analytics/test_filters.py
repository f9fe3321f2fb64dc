"""Filters: what they let through, against the same words in plain Python."""

import json
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions import identity
from interactions.analytics import engine
from interactions.analytics.conditions import FIELDS as ALL_FIELDS
from interactions.analytics.conditions import Condition, can_contain
from interactions.analytics.filters import Device, Filter
from interactions.analytics.index.custom_keys import KeyBeingIndexed, require
from interactions.analytics.periods import ALL, Period
from interactions.contract.schema import TYPES, Group
from interactions.warehouse.lake import Lake
from tests import figures
from tests.analytics.datasets import WHOLE
from tests.lakes import Record, append, record
from tests.traffic import AGENTS, START, chosen, traffic

EXTRAS = [
    None,
    *(
        f'{{"context":{{"custom_context":{custom}}}}}'
        for custom in ('{"plan":"gold","n":5}', '{"n":"5"}', '{"plan":"silver"}', '{"n":2.5,"plan":["gold"]}')
    ),
]
RECORDS = [
    {**each, "import_id": place % 3, "extra": EXTRAS[place % 5]} for place, each in enumerate(traffic(400, days=4))
]
MOMENTS = st.integers(0, 96).map(lambda hours: START + timedelta(hours=hours))
PERIODS = st.tuples(MOMENTS, MOMENTS).filter(lambda bounds: bounds[0] < bounds[1]).map(lambda bounds: Period(*bounds))
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "period": PERIODS,
    "groups": st.lists(st.sampled_from(Group), max_size=2).map(tuple),
    "types": st.lists(st.sampled_from(TYPES), max_size=3).map(tuple),
    "user_id": st.sampled_from(["u1", "u5", "nobody"]),
    "anonymous_id": st.sampled_from(["a1", "a10", "a11", ""]),
    "product_id": st.sampled_from(["p1", "p2", "none"]),
    "miso_id": st.sampled_from(sorted({each["miso_id"] for each in RECORDS if each["miso_id"]})[:3]),
    "keywords": st.sampled_from(["tea", "Tea", "和食器"]),
    "category": st.sampled_from(["c1", "c9"]),
    "campaign_source": st.sampled_from(["mail", "search"]),
    "campaign_medium": st.sampled_from(["cpc", "CPC"]),
    "campaign_name": st.sampled_from(["spring", "sale"]),
    "campaign_term": st.sampled_from(["shoes", "boots"]),
    "campaign_content": st.sampled_from(["banner", "Banner"]),
    "referrer": st.sampled_from(["search.example", "MAIL", "no"]),
    "result_type": st.sampled_from(["answer", "source"]),
    "type": st.sampled_from(["search", "checkout"]),
    "page_contains": st.sampled_from(["example/a", "OTHER", "?x=1", "%", "_", "'", "\\"]),
    "page_url": st.sampled_from(sorted({each["page_url"] for each in RECORDS if each["page_url"]})[:3]),
    "locale": st.sampled_from(["en-GB", "de-DE"]),
    "region": st.sampled_from(["Kent", "Tokyo"]),
    "device": st.sampled_from(Device),
    "is_assisted": st.booleans(),
    "is_live": st.booleans(),
    "import_id": st.integers(0, 3),
    "custom_context.plan": st.sampled_from(["gold", "Gold", "silver"]),
    "custom_context.n": st.sampled_from(["5", "2.5", "true"]),
}
PARTS_OF_TEXTS = st.sampled_from(["e", "P1", "GO", "1", "ER", "器", "2."])
FEW = st.lists(st.sampled_from(sorted(FIELDS)), max_size=3, unique=True)


@st.composite
def conditions(draw: st.DrawFn, name: str) -> Condition:
    """Of one value or several, said or denied, whole or as parts."""
    contains = can_contain(name) and draw(st.booleans())
    given = draw(st.lists(PARTS_OF_TEXTS if contains else FIELDS[name], min_size=1, max_size=2, unique=True))
    return Condition(name, tuple(getattr(each, "value", each) for each in given), draw(st.booleans()), contains)


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    """Some fields, and at times a group of which one condition has to hold."""
    names = draw(FEW)
    group = [name for name in draw(FEW) if name not in WHOLE] if draw(st.booleans()) else []
    return Filter(
        **{name: draw(FIELDS[name]) for name in names if name in WHOLE},
        conditions=[draw(conditions(name)) for name in names if name not in WHOLE],
        any_of=[[draw(conditions(name)) for name in group]],
    )


FILTERS = filters()
MANY = examples(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


def let_through(asked: Filter) -> int:
    snapshot = engine.snapshot("production")
    return engine.answer(snapshot.files, snapshot.hidden, asked.within).num_rows


def once() -> None:
    if not Lake("production").exists():
        for key in ("n", "plan"):
            with suppress(KeyBeingIndexed):
                require("production", (), key)
        append(keyed(RECORDS[:150]))
        append(keyed(RECORDS[150:]))


def keyed(records: list[Record]) -> list[Record]:
    """With the keys that Dojo itself gives the ids."""
    keyring = identity.keyring()
    return [
        {**each, "user_key": keyring[each.get("user_id")], "anonymous_key": keyring[each.get("anonymous_id")]}
        for each in records
    ]


@MANY
@given(FILTERS)
def test_a_filter_lets_through_what_it_says(asked: Filter) -> None:
    once()
    assert let_through(asked) == len(chosen(RECORDS, asked))


@MANY
@given(FILTERS)
def test_questions_ask_what_the_filter_lets_through(asked: Filter) -> None:
    once()
    assert int(figures.by_type("production", asked)["records"].sum()) == len(chosen(RECORDS, asked))


GIVEN: dict[str, Any] = {
    "period": Period(START, START + timedelta(days=1)),
    "groups": (Group.CORE,),
    "types": ("read",),
    "user_id": "u1",
    "anonymous_id": "a1",
    "user_key": "u1",
    "anonymous_key": "a1",
    "product_id": "p1",
    "miso_id": next(each["miso_id"] for each in RECORDS if each["miso_id"]),
    "keywords": "tea",
    "category": "c1",
    "campaign_source": "mail",
    "campaign_medium": "cpc",
    "campaign_name": "spring",
    "campaign_term": "shoes",
    "campaign_content": "banner",
    "referrer": "search.example",
    "result_type": ("answer", "source"),
    "type": "search",
    "page_contains": "/a",
    "page_url": next(each["page_url"] for each in RECORDS if each["page_url"]) + "?utm_source=mail#top",
    "locale": "en-GB",
    "region": "Kent",
    "device": Device.PHONE,
    "is_assisted": False,
    "is_live": True,
    "import_id": 1,
    "custom_context.plan": "gold",
    "custom_context.n": ("5", "2.5"),
}


PEOPLE = ("user_key", "anonymous_key")  # given as ids, as keys can't be made yet


@pytest.mark.parametrize("field", [*WHOLE, *ALL_FIELDS, "custom_context.plan", "custom_context.n"])
def test_every_field_lets_some_through_and_leaves_some_out(field: str) -> None:
    once()
    given = identity.keyring()[GIVEN[field]] if field in PEOPLE else GIVEN[field]
    some = let_through(Filter(**{field: given}))
    assert 0 < some < len(RECORDS)
    if field not in WHOLE:
        assert let_through(Filter().having(is_not=True, **{field: given})) == len(RECORDS) - some


def test_a_miso_id_is_found_in_either_case() -> None:
    one = next(each["miso_id"] for each in RECORDS if each["miso_id"] and each["miso_id"] != each["miso_id"].upper())
    once()
    assert let_through(Filter(miso_id=one.upper())) == let_through(Filter(miso_id=one)) > 0
    assert Filter(miso_id=one.upper()).key == Filter(miso_id=one).key


def test_an_empty_filter_adds_nothing() -> None:
    table = object()
    assert Filter().within(table) is table


@given(FILTERS, FILTERS)
def test_filters_have_one_key_if_they_mean_the_same(one: Filter, other: Filter) -> None:
    if one == other:
        assert one.key == other.key
    if one.key == other.key:
        assert chosen(RECORDS, one) == chosen(RECORDS, other)


def test_the_key_does_not_depend_on_how_types_are_named() -> None:
    types = ("read", "watch", "listen", "complete", "add_to_collection", "remove_from_collection")
    assert Filter(groups=(Group.CONSUMPTION,)).key == Filter(types=types[::-1]).key
    assert Filter(types=("read",)).key != Filter().key


def test_the_key_tells_an_absent_value_from_an_empty_one() -> None:
    assert Filter(user_id="").key != Filter().key
    assert Filter(is_live=False).key != Filter().key


def test_is_not_lets_records_without_a_value_through() -> None:
    append([record(region="Kent"), record(region="Wien"), record(), record(product_ids=["a", "b"]), record()])
    assert let_through(Filter().having(is_not=True, region=("Kent", "Rome"))) == 4
    assert let_through(Filter().having(is_not=True, product_id="a")) == 4
    assert let_through(Filter(region=("Kent", "Wien")).having(is_not=True, region="Wien")) == 1


def test_several_values_mean_any_of_them_in_any_order() -> None:
    one, other = Filter(region=("Kent", "Wien")), Filter(region=["Wien", "Kent", "Wien"])
    assert one.key == other.key != Filter(region="Kent").key
    assert one.key != Filter().having(is_not=True, region=("Kent", "Wien")).key


def test_what_a_filter_asks_can_be_put_in_place_of_what_it_asked() -> None:
    asked = Filter(region="Kent", locale="de").having(is_not=True, region="Wien")
    assert asked.having(region=("Bath", "Hove")).values("region") == ("Bath", "Hove")
    assert asked.having(region=None) == Filter(locale="de").having(is_not=True, region="Wien")
    assert asked.without(Condition("region", ("Wien",), is_not=True)) == Filter(region="Kent", locale="de")


def test_a_condition_needs_a_field_and_a_value() -> None:
    odd = ("colour", "custom_context.", "custom_context.x!", "custom_context.x~", "custom_context.\n")
    for field, values in (("region", ()), *((field, ("red",)) for field in odd)):
        with pytest.raises(ValueError, match=re.escape(field) if field.isprintable() else "custom_context"):
            Filter(**{field: values})


@pytest.mark.parametrize("text", ["'; drop table x; --", '"', "\\", "100%", "a\nb", "é", "和食器"])
def test_any_text_is_looked_for_as_it_is(text: str) -> None:
    append([record(keywords=text, page_url=f"https://x/{text}", region=text, product_ids=[text]), record(keywords="b")])
    for name in ("keywords", "page_contains", "region", "product_id"):
        assert let_through(Filter(**{name: text})) == 1


def test_a_record_without_a_user_agent_is_of_an_unknown_device() -> None:
    append([record(user_agent=None), record(user_agent=AGENTS[0])])
    assert let_through(Filter(device=Device.UNKNOWN)) == 1
    assert let_through(Filter(device=Device.OTHER)) == 0
    assert let_through(Filter(device=Device.BOT)) == 0


def test_a_new_user_agent_is_found_though_the_others_are_remembered() -> None:
    append([record(user_agent=AGENTS[0])])
    desktop = Filter(device=Device.DESKTOP)
    assert figures.totals("production", desktop).interactions == 1
    append([record(user_agent=AGENTS[0].replace("131", "132")), record(user_agent=AGENTS[1])])
    assert figures.totals("production", desktop).interactions == 2


@pytest.mark.parametrize(
    "period", [Period(datetime.min.replace(tzinfo=UTC), None), Period(None, datetime.max.replace(tzinfo=UTC))]
)
def test_a_period_may_reach_to_the_ends_of_time(period: Period) -> None:
    append([record(at="2024-01-01T00:00:00Z")])
    assert let_through(Filter(period)) == 1
    assert Filter(ALL).key != Filter(period).key


KEYS = (
    *(
        "a.b",
        "A/B test",
        "x[0]",
        "*",
        'q"q',
        "a\\b",
        "$x",
        "/x",
        "a~b",
        "a~1b",
        "..",
        "a'b",
        "é",
        "和.食",
        "a:b",
        "$.plan",
    ),
    *('"', "'", "#/a", "custom_context.a", " a ", "@", "?(1)"),
)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_of_custom_context_can_have_any_characters(key: str) -> None:
    with suppress(KeyBeingIndexed):
        require("production", (), key)
    custom = {key: "Gold", key + "x": "silver"}
    append([record(extra=json.dumps({"context": {"custom_context": each}})) for each in (custom, {key: 5}, {})])
    for field, asked in ((f"custom_context.{key}", Filter(**{f"custom_context.{key}": ("Gold", "5")})),):
        assert let_through(asked) == int(figures.by_type("production", asked)["records"].sum()) == 2
        part = Filter(conditions=[Condition(field, ("OL",), contains=True)])
        assert let_through(part) == int(figures.by_type("production", part)["records"].sum()) == 1


def test_a_group_of_conditions_needs_one_of_them() -> None:
    append([record(region="Kent"), record(locale="de"), record(region="Kent", locale="de"), record()])
    region, locale = Condition("region", ("Kent",)), Condition("locale", ("de",))
    assert let_through(Filter(any_of=[(region, locale)])) == 3
    assert let_through(Filter(any_of=[(region,), (locale,)])) == 1
    assert let_through(Filter(region="Kent", any_of=[(locale,)])) == 1
    assert let_through(Filter(any_of=[(Condition("region", ("Kent",), is_not=True), locale)])) == 3


def test_the_key_does_not_depend_on_the_order_of_groups() -> None:
    region, locale = Condition("region", ("Kent",)), Condition("locale", ("de",))
    one, other = Filter(any_of=[(region, locale), (region,)]), Filter(any_of=[(region,), (locale, region)])
    assert one.key == other.key != Filter(any_of=[(region, locale)]).key != Filter(conditions=[region, locale]).key


def test_only_texts_can_be_asked_for_a_part() -> None:
    with pytest.raises(ValueError, match="'miso_id' can't be searched"):
        Condition("miso_id", ("a",), contains=True)
