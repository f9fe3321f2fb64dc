"""Pages of records: whole, without repeats, in order; checked against plain Python over the same records."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions import identity
from interactions.analytics import engine
from interactions.analytics.filters import Filter
from interactions.analytics.periods import Period
from interactions.analytics.reports import record_chunks, record_order, records
from interactions.analytics.reports.record_order import RecordKey
from interactions.models import DeletionRequest, Environment, Tombstone
from interactions.warehouse.lake import Lake
from interactions.warehouse.people import hidden
from tests import figures, lakes
from tests.lakes import Record, record

pytestmark = pytest.mark.django_db
MOST = 100  # pages: more than any example has
START = datetime(2024, 1, 1, tzinfo=UTC)

# Few moments and fingerprints, so that many are equal; parts that overlap in time and parts that do not.
ROWS = st.builds(
    lambda seconds, fingerprint, user: {
        "type": "like",
        "timestamp": START + timedelta(seconds=seconds),
        "fingerprint": bytes([fingerprint]) * 16,
        "user_id": user,
    },
    st.integers(0, 12),
    st.integers(0, 2),
    st.sampled_from(["ann", "bob", None]),
)
TABLES = st.lists(st.lists(ROWS, min_size=1, max_size=12), min_size=1, max_size=5)


def order(row: dict[str, Any]) -> tuple[datetime, bytes]:
    return row["timestamp"], row["fingerprint"]


def seen(rows: pa.Table) -> list[tuple[datetime, bytes]]:
    return [order(row) for row in rows.to_pylist()]


def downwards(environment: str, filter: Filter, limit: int) -> list[records.RecordPage]:
    """From the first page down."""
    pages = [records.page(environment, filter, limit=limit)]
    while pages[-1].next and len(pages) < MOST:
        pages.append(records.page(environment, filter, after=pages[-1].next, limit=limit))
    return pages


def upwards(environment: str, filter: Filter, limit: int) -> list[records.RecordPage]:
    """From the last page up, in the order of the pages."""
    pages = [records.page(environment, filter, is_last=True, limit=limit)]
    while pages[0].previous and len(pages) < MOST:
        pages.insert(0, records.page(environment, filter, before=pages[0].previous, limit=limit))
    return pages


@pytest.mark.slow
@pytest.mark.parametrize("way", [downwards, upwards])
@given(data=st.data())
@examples(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_hold_every_record_once_in_order(monkeypatch, way, data):
    tables, limit, user = data.draw(TABLES), data.draw(st.integers(1, 7)), data.draw(st.sampled_from([None, "ann"]))
    monkeypatch.setattr(record_order, "_FIRST_ROWS", data.draw(st.sampled_from([1, 10, 1000])))
    environment = f"example-{uuid.uuid4().hex}"
    for number, rows in enumerate(tables):
        lakes.append(rows, import_id=number, environment=environment)
    wanted = [row for rows in tables for row in rows if user in (None, row["user_id"])]
    pages = way(environment, Filter(user_id=user), limit)
    keys = [key for page in pages for key in page.keys]
    assert [found for page in pages for found in seen(page.rows)] == sorted(map(order, wanted), reverse=True)
    assert len(set(keys)) == len(keys)
    assert all(page.rows.num_rows == limit for page in (pages[:-1] if way is downwards else pages[1:]))


def alike(number: int, **fields: Any) -> Record:
    """A record like all others of this name, but for ``fields``."""
    return record(at="2024-02-01T10:00:00Z", fingerprint=b"\x07" * 16, value=f"{number}", **fields)


def test_a_key_is_an_address_and_back() -> None:
    key = RecordKey(START, bytes(range(16)), 3)
    assert RecordKey.of(str(key)) == key
    assert RecordKey.of(str(RecordKey(datetime(1969, 7, 20, tzinfo=UTC), b"\xff" * 16, 1))).timestamp.year == 1969


@pytest.mark.parametrize(
    "text", ["", "1", "1-zz-1", "1-abc-1", "1-ab-", "99999999999999999999-ab-1", "999999999999999999-ab-1"]
)
def test_what_is_no_address_is_no_key(text: str) -> None:
    assert RecordKey.of(text) is None


def test_records_of_one_uuid_have_keys_of_their_own() -> None:
    lakes.append([alike(1, user_id="ann"), alike(2, user_id="bob")])
    lakes.append([alike(3, user_id="ann")], import_id=2)
    keys = records.page("production", Filter(), limit=10).keys
    found = [records.record("production", key) for key in keys]
    assert sorted(one["value"][0].as_py() for one in found) == ["1", "2", "3"]
    assert {one["copies"][0].as_py() for one in found} == {3}


def test_a_record_has_the_same_key_whatever_is_filtered() -> None:
    lakes.append([alike(1, user_id="ann"), alike(2, user_id="bob"), alike(3, user_id="ann")])
    page = records.page("production", Filter(user_id="ann"), limit=10)
    values = [records.record("production", key)["value"][0].as_py() for key in page.keys]
    assert values == page.rows["value"].to_pylist()
    assert sorted(values) == ["1", "3"]


def test_copies_that_a_page_parts_come_once_each() -> None:
    lakes.append([alike(number) for number in range(5)])
    found = [row["value"] for page in downwards("production", Filter(), 2) for row in page.rows.to_pylist()]
    assert sorted(found) == list("01234")


def test_a_record_that_is_not_there_is_none() -> None:
    lakes.append([alike(1)])
    key = records.page("production", Filter(), limit=1).keys[0]
    assert records.record("production", RecordKey(key.timestamp, key.fingerprint, 2)) is None
    assert records.record("playground", key) is None


def test_only_parts_that_may_hold_the_page_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_order, "_FIRST_ROWS", 1)
    for day in range(1, 9):
        lakes.append([record(at=f"2024-01-{day:02}T10:00:00Z") for _ in range(3)], import_id=day)
    asked: list[str] = []
    whole = engine.answer

    def answer(files: list[str], *rest: Any) -> pa.Table:
        asked.extend(files)
        return whole(files, *rest)

    monkeypatch.setattr(engine, "answer", answer)
    page = records.page("production", Filter(), limit=2)
    assert [key.timestamp.day for key in page.keys] == [8, 8]
    assert {name.split("/import-")[1][0] for name in asked} == {"8"}
    asked.clear()
    march = Filter(period=Period(datetime(2024, 3, 1, tzinfo=UTC)))
    assert records.page("production", march, limit=2).rows.num_rows == 0 and asked == []


def test_hidden_people_are_on_no_page() -> None:
    production = Environment.objects.get(slug="production")
    keyring = identity.keyring()
    lakes.append([record(user_id=name, user_key=keyring.key(name), value=name) for name in ("ann", "bob", "ann")])
    request = DeletionRequest.objects.create(environment=production)
    Tombstone.objects.create(request=request, environment=production, user_key=keyring.key("ann"), at=timezone.now())
    assert records.page("production", Filter(), limit=10).rows["value"].to_pylist() == ["bob"]
    assert records.search("production", "ann") == {}
    assert record_chunks.records("production", Filter(), 10)["value"].to_pylist() == ["bob"]


def test_the_count_is_that_of_all_pages() -> None:
    ann = {"user_id": "ann", "user_key": identity.keyring()["ann"]}
    lakes.append([record(**ann) for _ in range(7)] + [record() for _ in range(4)])
    assert figures.count("production", Filter()) == 11
    assert figures.count("production", Filter(user_id="ann")) == 7
    assert figures.count("playground", Filter()) == 0


def test_an_id_is_found_in_each_field_it_stands_in() -> None:
    key = identity.keyring().key("x-1")
    miso = "4e68f154-c2e9-42c5-8b00-1a77c9310d19"
    lakes.append(
        [
            record(user_id="x-1", user_key=key),
            record(product_ids=["a", "x-1"]),
            record(product_ids=["x-1", "x-1"]),
            record(anonymous_id="x-1", anonymous_key=key, miso_id=miso),
        ]
    )
    assert records.search("production", "x-1") == {"user_id": 1, "anonymous_id": 1, "product_id": 2}
    assert records.search("production", miso) == {"miso_id": 1}
    assert records.search("production", "x-") == {}


def test_what_is_read_out_is_what_the_filter_lets_through() -> None:
    rows = [record(at=f"2024-01-01T00:00:{number:02}Z", user_id="ann" if number % 2 else "bob") for number in range(9)]
    lakes.append(rows[:4])
    lakes.append(rows[4:], import_id=2)
    files = [part.path for part in Lake("production").parts()]
    found = [
        row
        for table in record_chunks.chunks(files, hidden("production"), Filter(user_id="ann"))
        for row in table.to_pylist()
    ]
    assert sorted(row["timestamp"].second for row in found) == [1, 3, 5, 7]
    assert record_chunks.records("production", Filter(user_id="ann"), 10)["timestamp"].to_pylist() == sorted(
        row["timestamp"] for row in found
    )
