"""An index built of a table has each record once, where it belongs, with all that it says."""

from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest

from interactions import identity
from interactions.analytics.index import columns
from interactions.analytics.index.build import build_table
from interactions.analytics.index.run import Index
from interactions.contract.schema import TYPES
from interactions.contract.tombstones import Tombstones

from ...lakes import Record, record
from .rows import moment, said, table_of

NOBODY_HIDDEN = Tombstones.of([])
LONG_AGO, FAR_AHEAD = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"


def built(*records: Record, hidden: Tombstones = NOBODY_HIDDEN) -> Index:
    return build_table(table_of(records), hidden, "production", 7)


def key(text: str) -> int:
    return identity.keyring().key(text)


def the_event(**fields: object) -> dict[str, object]:
    kind = str(fields.pop("kind", "like"))
    [event] = said(built(record(kind, **fields)))
    return event


def shares(**fields: object) -> list[object]:
    return the_event(kind="checkout", **fields)["lines"]


def test_an_event_says_what_its_record_says() -> None:
    event = the_event(
        kind="category_page_view",
        at="2024-02-29T12:00:00.123456Z",
        user_id="ann",
        anonymous_id="device",
        received_at=datetime(2024, 3, 1, tzinfo=UTC),
        import_id=12,
        user_agent="Firefox",
        region="Kent",
        locale="en-GB",
        campaign_source="mail",
        campaign_name="spring",
        campaign_term="tea",
        page_url="https://shop.example/a?b#c",
        page_referrer="https://ann:pw@Search.example:8080/?q=tea",
        keywords="tea",
        product_ids=["p1", "p2", "p1"],
        category=["c2", "c1", "c2"],
    )
    assert event == {
        "person": (key("ann"), False),
        "at": 1_709_208_000_123_456,
        "received": 1_709_251_200_000_000,
        "type": "category_page_view",
        "is_assisted": False,
        "has_placeholder": False,
        "import_id": 12,
        "pair": (key("ann"), key("device")),
        "agent": "Firefox",
        "region": "Kent",
        "locale": "en-GB",
        "campaign": {"source": "mail", "medium": None, "name": "spring", "term": "tea", "content": None},
        "page": "https://shop.example/a?b#c",
        "referrer": "search.example",
        "keywords": "tea",
        "result_type": None,
        "result": 0,
        "products": ["p1", "p2", "p1"],
        "categories": ["c1", "c2"],
        "customs": [],
        "revenue": None,
        "lines": [],
    }


def test_what_a_record_lacks_its_event_lacks() -> None:
    event = the_event()
    lacking = ("person", "agent", "region", "locale", "campaign", "page", "referrer", "keywords", "revenue")
    assert {event[name] for name in lacking} == {None}
    assert event["pair"] == (None, None)
    assert event["products"] == event["categories"] == event["lines"] == []


def test_lists_without_elements_and_nulls_in_lists_name_nothing() -> None:
    events = said(
        built(
            record("impression", product_ids=[]),
            record("impression", product_ids=[None, "p", None], category=[None]),
            record("impression", product_ids=None),
        )
    )
    assert [(event["products"], event["categories"]) for event in events] == [([], []), (["p"], []), ([], [])]


def test_a_text_that_is_empty_is_a_text() -> None:
    event = the_event(region="", page_url="", campaign_medium="", keywords="")
    assert (event["region"], event["page"], event["keywords"]) == ("", "", "")
    assert event["campaign"] == dict.fromkeys(("source", "name", "term", "content")) | {"medium": ""}


@pytest.mark.parametrize("url", ["", "?", "shop.example/a", "/a", "https:///a", "mailto:ann@shop.example", "https://"])
def test_a_referrer_without_a_host_is_none(url: str) -> None:
    assert the_event(page_referrer=url)["referrer"] is None


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_is_told(kind: str) -> None:
    assert the_event(kind=kind, miso_id=str(UUID(int=5)), product_ids=["null"])["type"] == kind


@pytest.mark.parametrize("most", [None, 1])
def test_campaigns_are_told_apart_by_all_they_are_made_of(most: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if most:  # as if there were more combinations than a number can tell
        monkeypatch.setattr(columns, "_MOST", most)
    names = [("a", "b", None), ("a", None, "b"), (None, "a", "b"), ("b", "a", None), ("ab", None, None), ("a", "b", "")]
    places = [("source", "medium", "name"), ("source", "name", "content"), ("term", "content", "medium")]
    parts = dict.fromkeys(("source", "medium", "name", "term", "content"))
    fields = [parts | dict(zip(place, name, strict=True)) for place in places for name in names]
    events = said(built(*(record(**{f"campaign_{k}": v for k, v in each.items()}) for each in [*fields, *fields])))
    assert [event["campaign"] for event in events] == [*fields, *fields]


def test_people_lie_one_after_the_other_each_in_the_order_of_time_and_receipt() -> None:
    later, sooner = datetime(2024, 6, 2, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)
    names = [f"user {number}" for number in range(40)]
    records = [
        record("like", at, user_id=name, received_at=received)
        for at in ("2024-01-02T00:00:00Z", LONG_AGO, FAR_AHEAD)
        for name in names
        for received in (later, sooner)
    ]
    [run] = built(*records).runs
    assert run.people.tolist() == sorted(map(key, names))
    assert np.diff(run.starts).tolist() == [6] * 40
    assert not run.alone.any()
    moments = [
        list(zip(run.at[start:end].tolist(), run.received[start:end].tolist(), strict=True))
        for start, end in zip(run.starts[:-1], run.starts[1:], strict=True)
    ]
    assert all(each == sorted(each) for each in moments)
    assert moments[0][0][0] == moment(record(at=LONG_AGO)) < 0 < moment(record(at=FAR_AHEAD)) == moments[0][-1][0]


def test_an_anonymous_past_belongs_to_the_one_user_it_was_seen_with() -> None:
    index = built(
        record(anonymous_id="device"),
        record(user_id="ann", anonymous_id="device"),
        record(user_id="ann", anonymous_id="device"),
        record(user_id="ann"),
    )
    assert [event["person"] for event in said(index)] == [(key("ann"), False)] * 4


def test_a_shared_device_belongs_to_itself() -> None:
    index = built(
        record(anonymous_id="device"),
        record(user_id="ann", anonymous_id="device"),
        record(user_id="ben", anonymous_id="device"),
    )
    people = {event["pair"][0]: event["person"] for event in said(index)}
    assert people == {None: (key("device"), True), key("ann"): (key("ann"), False), key("ben"): (key("ben"), False)}


def test_a_user_and_a_visitor_of_one_name_are_two() -> None:
    [run] = built(record(anonymous_id="same"), record(user_id="same"), record(anonymous_id="same")).runs
    assert list(zip(run.people.tolist(), run.alone.tolist(), strict=True)) == [(key("same"), 0), (key("same"), 1)]
    assert run.starts.tolist() == [0, 1, 3]


def test_nobodys_records_are_a_run_of_their_own_in_order_of_time() -> None:
    people, nobody = built(record(at=FAR_AHEAD), record(user_id="ann"), record(at=LONG_AGO), record()).runs
    assert (len(people), len(nobody)) == (1, 3)
    assert (people.nobody, nobody.nobody) == (False, True)
    assert nobody.at.tolist() == sorted(nobody.at.tolist())
    assert len(nobody.people) == len(nobody.alone) == 0


def test_pairs_count_the_events_that_bear_them() -> None:
    index = built(record(user_id="ann"), record(user_id="ann"), record(user_id="ann", anonymous_id="d"), record())
    counts = {
        (int(user), int(has)): int(records)
        for user, has, records in zip(index.pairs.user, index.pairs.has, index.pairs.records, strict=True)
    }
    assert counts == {(key("ann"), 1): 2, (key("ann"), 3): 1, (0, 0): 1}
    assert len(index) == 4


def test_the_index_says_its_version_and_span() -> None:
    index = built(record(at=LONG_AGO, user_id="ann"), record(at=FAR_AHEAD))
    assert (index.environment, index.version) == ("production", 7)
    assert (index.first, index.last) == (moment(record(at=LONG_AGO)), moment(record(at=FAR_AHEAD)))


def test_a_table_without_records_is_an_index_without_runs() -> None:
    index = built()
    assert index.runs == ()
    assert len(index) == 0
    assert index.last < index.first


class TestHiddenPeople:
    def test_leave_no_event_no_pair_and_no_text(self) -> None:
        hidden = Tombstones.of([(key("ann"), None, datetime(2030, 1, 1, tzinfo=UTC))])
        secret = {"page_url": "https://shop.example/ann", "product_ids": ["hers"], "campaign_name": "to ann"}
        index = built(record(user_id="ann", anonymous_id="d", **secret), record(anonymous_id="d"), hidden=hidden)
        assert [event["person"] for event in said(index)] == [(key("d"), True)]
        assert index.pairs.user.tolist() == [0]
        assert len(index.texts.page) == len(index.texts.product) == len(index.texts.campaign) == 0

    def test_come_back_with_what_is_newer(self) -> None:
        hidden = Tombstones.of([(key("ann"), None, datetime(2024, 6, 2, tzinfo=UTC))])
        newer = {"at": "2024-07-01T00:00:00Z", "received_at": datetime(2024, 7, 1, tzinfo=UTC)}
        [event] = said(built(record(user_id="ann"), record(user_id="ann", **newer), hidden=hidden))
        assert event["at"] == moment(record(at=newer["at"]))


class TestACheckOut:
    def test_parts_its_revenue_by_quantity(self) -> None:
        assert shares(product_ids=["a", "b"], quantities=[3.0, 1.0], revenue=100.0) == [("a", 75.0), ("b", 25.0)]

    @pytest.mark.parametrize(
        "quantities",
        [None, [], [1.0], [1.0, 1.0, 1.0], [2.0, -1.0], [0.0, 0.0], [None, None]],
        ids=["none", "empty", "too few", "too many", "below 0", "all 0", "null"],
    )
    def test_parts_it_equally_where_quantities_do_not_fit(self, quantities: list[float] | None) -> None:
        assert shares(product_ids=["a", "b"], quantities=quantities, revenue=9.0) == [("a", 4.5), ("b", 4.5)]

    def test_has_a_line_for_each_product_whatever_it_is(self) -> None:
        assert shares(product_ids=["a", None, "a"], quantities=[1.0, 2.0, 1.0], revenue=8.0) == [
            *(("a", 2.0), (None, 4.0), ("a", 2.0)),
        ]

    def test_without_products_has_no_lines(self) -> None:
        event = the_event(kind="checkout", product_ids=[], revenue=5.0)
        assert (event["revenue"], event["lines"]) == (5.0, [])

    def test_without_revenue_is_no_sale(self) -> None:
        assert the_event(kind="checkout", product_ids=["a"])["revenue"] is None

    def test_is_the_only_type_with_sales(self) -> None:
        assert the_event(kind="add_to_cart", product_ids=["a"], revenue=5.0)["revenue"] is None

    def test_keeps_its_lines_among_others_of_other_people(self) -> None:
        records = [
            record("checkout", user_id=f"u{n % 7}", product_ids=[f"p{n}"] * (n % 3), revenue=float(n))
            for n in range(50)
        ]
        found = {event["revenue"]: event["lines"] for event in said(built(*records))}
        assert set(found) == set(map(float, range(50)))
        assert all(len(lines) == int(of) % 3 for of, lines in found.items())
        assert all({name for name, _ in lines} <= {f"p{int(of)}"} for of, lines in found.items())


class TestAPlaceholder:
    @pytest.mark.parametrize("word", ["null", "NULL", "0", "[object Object]", "NaN", "Undefined"])
    def test_is_told_as_a_user_a_visitor_or_a_product(self, word: str) -> None:
        for fields in ({"user_id": word}, {"anonymous_id": word}, {"product_ids": ["p", word]}):
            assert the_event(**fields)["has_placeholder"]

    def test_is_told_of_its_own_record_alone(self) -> None:
        events = said(built(record(user_id="null"), record(user_id="ann"), record(product_ids=["real"]), record()))
        assert [event["has_placeholder"] for event in events].count(True) == 1

    def test_is_no_product_of_other_records(self) -> None:
        assert built(record(product_ids=["p"])).texts.product.to_pylist() == ["p"]


class TestAMisoId:
    def test_is_one_number_however_it_is_spelt(self) -> None:
        small, large = str(UUID(int=0xABCDEF << 90 | 0xABC)), str(UUID(int=0xABCDEF << 90 | 0xABC)).upper()
        one, other = said(built(record(miso_id=small), record(miso_id=large)))
        assert one["result"] == other["result"] != 0
        assert one["is_assisted"]

    def test_is_told_from_others(self) -> None:
        ids = [UUID(int=1 << bit) for bit in range(128)] + [UUID(int=0), UUID(int=(1 << 128) - 1)]
        results = {event["result"] for event in said(built(*(record(miso_id=str(each)) for each in ids)))}
        assert len(results) == 130
        assert 0 not in results


def test_an_event_has_the_scalars_of_the_keys_that_are_asked_for() -> None:
    scalars = (
        '{"context":{"custom_context":{"plan":"g\\u00e9","n":2.5,"on":true,"other":"x","list":["y"],"none":null}}}'
    )
    rows = [record(extra=scalars), record(extra='{"context":{"custom_context":7}}'), record(extra=None)]
    index = build_table(
        table_of(rows), Tombstones.of([]), "production", 7, custom_keys=("list", "n", "none", "on", "plan")
    )
    customs = [event["customs"] for event in said(index)]
    assert sorted(customs) == [
        [],
        [],
        [{"key": "n", "value": "2.5"}, {"key": "on", "value": "true"}, {"key": "plan", "value": "gé"}],
    ]
