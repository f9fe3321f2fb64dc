"""Single records, people and searches are the same from a cluster as from the parts themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
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
from interactions.contract.tombstones import Person
from tests.lakes import append

from ..datasets import BOT, ONE, PHONE

HERE: Final = "production"
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


def pages(filter: Filter) -> list[pa.Table]:
    """All pages, forwards, and the last one asked for from the end."""
    found, after = [], None
    while True:
        page = records.page(HERE, filter, after=after, limit=4)
        found.append(page.rows)
        if page.older is None:
            return [*found, records.page(HERE, filter, is_last=True, limit=4).rows]
        after = page.older


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


@pytest.fixture
def on_sail(sail: str, settings: Any) -> Iterator[None]:
    settings.ENGINE, settings.ENGINE_URL = "ALWAYS", sail
    yield
    connection.close()


def test_records_and_people_are_the_same_from_a_cluster(table: None, on_sail: None, settings: Any) -> None:
    url = settings.ENGINE_URL
    for name, question in ASKED.items():
        settings.ENGINE_URL = ""
        expected = question()
        settings.ENGINE_URL = url
        try:
            same(expected, question())
        except BaseException as error:
            error.add_note(name)
            raise


def test_keys_with_a_dot_are_found_and_those_that_no_path_can_name_are_refused(table: None, on_sail: None) -> None:
    assert records.page(HERE, Filter(**{CUSTOM + "a.b": "x"}), limit=4).rows.num_rows == 1
    with pytest.raises(KeyRefused, match="punctuation"):
        records.page(HERE, Filter(**{CUSTOM + "it's.": "x"}), limit=4)
