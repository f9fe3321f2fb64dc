"""Single records, people and searches are the same from a cluster as from the parts themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest

from interactions import identity
from interactions.analytics.cluster import connection
from interactions.analytics.cluster.errors import KeyRefused
from interactions.analytics.conditions import CUSTOM
from interactions.analytics.devices import Device
from interactions.analytics.filters import Filter
from interactions.analytics.reports import context_keys, links, people, person, record_chunks, records
from interactions.analytics.reports.record_search import RecordSearch
from interactions.analytics.reports.record_sorted import SORTED, RecordOrder
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.tombstones import Person
from tests.lakes import append

from ..datasets import BOT, ONE, PHONE

HERE: Final = "production"
TEXTS: Final = tuple(
    name
    for name in SORTED
    if name in TABLE_SCHEMA.names
    and pa.types.is_string(TABLE_SCHEMA.field(name).type)
    and name not in ("type", "user_id", "anonymous_id", "user_agent")
)
UNTIL: Final = datetime(2024, 3, 3, tzinfo=UTC)


def key(name: str) -> int:
    return identity.keyring().key(name)


def row(place: int, user: str | None, visitor: str | None, **fields: Any) -> dict[str, Any]:
    keyring = identity.keyring()
    return {
        "type": ("click", "search", "checkout", "read")[place % 4],
        "timestamp": datetime(2024, 3, 1 + place // 8, 10, place % 60, tzinfo=UTC),
        "user_id": user,
        "anonymous_id": visitor,
        "user_key": keyring[user],
        "anonymous_key": keyring[visitor],
        "fingerprint": bytes([place // 2]) * 16,  # two of each
        "user_agent": (None, PHONE, BOT)[place % 3],
        **fields,
    }


@pytest.fixture
def table() -> None:
    ids = (("u1", "a1"), (None, "a1"), ("u2", None), (None, "a2"), ("u2", "a3"), ("u3", "a3"), (None, None))
    rows = [row(place, *ids[place % 7], product_ids=["p1", None][: place % 3]) for place in range(30)]
    rows[3] |= {"miso_id": ONE, "extra": '{"context":{"custom_context":{"a.b":"x","plan":"gold"}}}'}
    rows[4]["timestamp"] = rows[5]["timestamp"] = datetime(2024, 3, 1, 12, 0, 0, 123_457, tzinfo=UTC)
    append(rows[:17], import_id=1)
    append(rows[17:], import_id=0)


@pytest.fixture
def filled() -> None:
    """Records with values in all columns, some of them empty, none, or of several bytes a letter."""
    texts = (None, "shoe", "Shoes", "", "éa", "z")
    rows = []
    for place in range(30):
        given = dict.fromkeys(TEXTS, texts[place % 6]) | {"keywords": texts[place % 5], "page_title": texts[place // 8]}
        numbers = dict.fromkeys(("revenue", "duration", "rating"), (None, 2.5, -1.0, 0.0)[place % 4])
        lists = {name: (None, [], ["b", "a"], ["é"])[place % 4] for name in ("product_group_ids", "category")}
        products = (None, ["p1", "p2"], ["p3"], [])[place // 2 % 4]
        amounts = (None, [], [0.5, 0.25], [3.0], [0.75])[place % 5]
        given |= {"page_url": (None, "https://x.org/caf%C3%A9", "https://x.org/Shoe")[place % 3]}
        arrived = datetime(2024, 4, 1 + place % 3, tzinfo=UTC)
        ids = (("u1", "a1"), (None, "a1"), ("u2", None), (None, None))[place % 4]
        rows.append(
            row(place, *ids, **given, **numbers, **lists, product_ids=products, quantities=amounts, received_at=arrived)
        )
    append(rows[:17], import_id=1)
    append(rows[17:], import_id=0)


def pages(filter: Filter) -> list[pa.Table]:
    """All pages, forwards, and the last one asked for from the end."""
    found, after = [], None
    while True:
        page = records.page(HERE, filter, after=after, limit=4)
        found.append(page.rows)
        if page.next is None:
            return [*found, records.page(HERE, filter, is_last=True, limit=4).rows]
        after = page.next


def sorted_pages(name: str, *, is_ascending: bool) -> list[pa.Table]:
    """The first page by a column, the one after it, and the one before that again."""
    order = RecordOrder(name, is_ascending)
    first = records.sorted_page(HERE, Filter(), order, limit=11)
    second = records.sorted_page(HERE, Filter(), order, after=first.next, limit=11)
    return [first.rows, second.rows, records.sorted_page(HERE, Filter(), order, before=second.previous, limit=9).rows]


def with_words(named: Mapping[str, Sequence[str]]) -> Any:
    """The records that have all words, with their number; products are named by words that aren't in their ids."""
    search = RecordSearch(Filter(), named)
    found = records.page(HERE, search, limit=30).rows
    by_page = records.sorted_page(HERE, search, RecordOrder("page_url", is_ascending=True), limit=30).rows
    assert found.num_rows == by_page.num_rows == records.count(HERE, search)
    return [found, by_page]


def one(place: int) -> pa.Table | None:
    return records.record(HERE, records.page(HERE, Filter(), limit=30).keys[place])


ASKED: Final[dict[str, Callable[[], Any]]] = {
    "pages": lambda: pages(Filter()),
    "pages of a device": lambda: pages(Filter(device=Device.PHONE)),
    "pages of a key of custom_context": lambda: pages(Filter(**{CUSTOM + "plan": "gold"})),
    "pages of nothing": lambda: pages(Filter(region="nowhere")),
    "a record": lambda: [one(0), one(25)],
    "search of a user": lambda: records.search(HERE, "u2"),
    "search of a result": lambda: records.search(HERE, ONE.upper()),
    "search of nothing": lambda: records.search(HERE, "nothing"),
    "find": lambda: [person.find(HERE, key(name)) for name in ("u1", "a1", "nobody")],
    "a user": lambda: person.profile(HERE, Person(user_key=key("u1")), limit=3),
    "a shared device": lambda: person.profile(HERE, Person(anonymous_key=key("a3")), limit=3),
    "a visitor alone": lambda: person.profile(HERE, Person(anonymous_key=key("a2")), limit=30),
    "links of users": lambda: links.links_of(HERE, [key("u1"), key("u2"), key("u3")]),
    "by user": lambda: ordered(people.by_user(HERE, [key("u1"), key("u2")])),
    "alone": lambda: ordered(people.alone(HERE, [key("a1"), key("a2")])),
    "by visitor": lambda: ordered(people.by_visitor(HERE, [key("a1"), key("a3")])),
    "by month": lambda: people.by_month(HERE, UNTIL, ZoneInfo("Asia/Kathmandu")),
    "oldest records": lambda: record_chunks.records(HERE, Filter(types=("click",)), 5),
    "context keys": lambda: context_keys.occurring(HERE),
}


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(
        [name for name in frame.columns if name.endswith("key") or name == "type"], ignore_index=True
    )


def same(one: Any, other: Any) -> None:
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other)
    elif isinstance(one, list):
        assert len(one) == len(other)
        for each, its in zip(one, other, strict=True):
            same(each, its)
    else:
        assert one == other


def first_page(name: str) -> pa.Table:
    return records.sorted_page(HERE, Filter(), RecordOrder(name, is_ascending=name < "m"), limit=25).rows


SORTS: Final[dict[str, Callable[[], Any]]] = {
    **{f"sorted by {name}": partial(first_page, name) for name in SORTED},
    **{
        f"pages sorted by {name}, ascending: {is_ascending}": partial(sorted_pages, name, is_ascending=is_ascending)
        for name, is_ascending in (
            *(("quantities", True), ("quantities", False), ("product_ids", True), ("person", False)),
            *(("revenue", True), ("keywords", False), ("received_at", True)),
        )
    },
}
SEARCHES: Final[dict[str, Callable[[], Any]]] = {
    "words": lambda: with_words({"SHOE": ()}),
    "words of an address": lambda: with_words({"é": ()}),
    "parts of ids": lambda: with_words({"P2": ()}),
    "names": lambda: with_words({"trail": ("p1", "p3")}),
    "names and words": lambda: with_words({"trail": ("p1", "p3"), "shoe": ()}),
    "names and ids": lambda: with_words({"p2": ("p3",)}),
    "names of products that nobody saw": lambda: with_words({"trail": ("p9",)}),
}


@pytest.fixture
def on_sail(sail: str, settings: Any) -> Iterator[None]:
    settings.ENGINE, settings.ENGINE_URL = "ALWAYS", sail
    yield
    connection.close()


def compare(questions: Mapping[str, Callable[[], Any]], settings: Any) -> None:
    """Ask each question of the parts, then of the cluster."""
    url = settings.ENGINE_URL
    for name, question in questions.items():
        settings.ENGINE_URL = ""
        expected = question()
        settings.ENGINE_URL = url
        try:
            same(expected, question())
        except BaseException as error:
            error.add_note(name)
            raise


def test_records_and_people_are_the_same_from_a_cluster(table: None, on_sail: None, settings: Any) -> None:
    compare(ASKED, settings)


def test_records_are_sorted_by_a_cluster_as_by_the_parts(filled: None, on_sail: None, settings: Any) -> None:
    compare(SORTS, settings)


def test_a_cluster_finds_words_and_names_as_the_parts_do(filled: None, on_sail: None, settings: Any) -> None:
    compare(SEARCHES, settings)


def test_keys_with_a_dot_are_found_and_those_that_no_path_can_name_are_refused(table: None, on_sail: None) -> None:
    assert records.page(HERE, Filter(**{CUSTOM + "a.b": "x"}), limit=4).rows.num_rows == 1
    with pytest.raises(KeyRefused, match="punctuation"):
        records.page(HERE, Filter(**{CUSTOM + "it's.": "x"}), limit=4)
