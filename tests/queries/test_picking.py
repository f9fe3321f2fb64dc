"""What a narrow filter lets through is read once, kept while it holds, and never more than memory is meant for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from django.core.cache import cache

from interactions.analytics import engine
from interactions.analytics.devices import device_of
from interactions.analytics.filters import Device, Filter
from interactions.queries import dashboard, picking
from interactions.queries.picking import picked
from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import remove_import

from ..lakes import append, key_of
from .test_summaries import NOBODY, RECORDS, hide

KENT = Filter(region="Kent")
IN_KENT = [each for each in RECORDS if each["region"] == "Kent"]


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    picking._kept.clear()
    yield
    picking._kept.clear()


def rows(filter: Filter = KENT) -> int | None:
    found = picked(engine.snapshot("production"), filter, None)
    return None if found is None else found.num_rows


def test_it_is_all_that_the_filter_lets_through() -> None:
    append(RECORDS)
    found = picked(engine.snapshot("production"), KENT, None)
    assert found is not None
    assert Counter(found["type"].to_pylist()) == Counter(each["type"] for each in IN_KENT)
    assert set(found["region"].to_pylist()) == {"Kent"}


def test_the_questions_of_a_page_read_the_table_once() -> None:
    append(RECORDS)
    total = dashboard.totals("production", KENT)
    assert total and total.interactions == len(IN_KENT)
    for part in Lake("production").parts():
        part.path.write_bytes(b"not a part")
    assert dashboard.rhythm("production", KENT).to_numpy().sum() == len(IN_KENT)
    assert dashboard.products("production", KENT) == total.products


def test_of_new_parts_alone_more_is_read() -> None:
    append(RECORDS[:600])
    before = rows()
    for part in Lake("production").parts():
        part.path.write_bytes(b"not a part")
    append(RECORDS[600:])
    assert before == sum(each["region"] == "Kent" for each in RECORDS[:600])
    assert rows() == len(IN_KENT)


def test_what_was_taken_back_is_no_longer_in_it() -> None:
    append(RECORDS[:300], import_id=1)
    append(RECORDS[300:], import_id=2)
    rows()
    remove_import(Lake("production"), 2)
    assert rows() == sum(each["region"] == "Kent" for each in RECORDS[:300])


def test_hidden_people_are_no_longer_in_it_and_all_that_held_them_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    append(RECORDS)
    rows()
    rows(Filter(region="Bavaria"))
    user = next(each["user_id"] for each in IN_KENT if each["user_id"])
    hide(monkeypatch, (key_of(user), None, max(each["timestamp"] for each in RECORDS)))
    assert rows() == sum(each["user_id"] != user for each in IN_KENT)
    assert {each.hidden for each in picking._kept.values()} != {NOBODY.digest}
    assert len(picking._kept) == 1


@pytest.mark.parametrize("limit", ["_MOST_ROWS", "_MOST_BYTES"])
def test_of_a_broad_filter_each_question_is_asked_of_the_table(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    append(RECORDS[:600])
    found = dashboard.totals("production", KENT)
    cache.clear()
    picking._kept.clear()
    monkeypatch.setattr(picking, limit, 10)
    assert rows() is None
    assert dashboard.totals("production", KENT) == found
    append(RECORDS[600:])
    assert rows() is None
    total = dashboard.totals("production", KENT)
    assert total and total.interactions == len(IN_KENT)


def test_it_is_kept_in_few_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picking, "_MOST_CHUNKS", 3)
    for number in range(8):
        append(RECORDS[number * 20 : number * 20 + 20])
        found = picked(engine.snapshot("production"), KENT, None)
        assert found is not None and found["type"].num_chunks <= 3


def test_few_filters_are_kept() -> None:
    append(RECORDS)
    for region in ("Kent", "Bavaria", "Nowhere"):
        rows(Filter(region=region))
    assert [key[1] for key in picking._kept] == [Filter(region="Bavaria").key, Filter(region="Nowhere").key]


def test_devices_are_those_of_the_user_agents() -> None:
    append(RECORDS)
    found = picked(engine.snapshot("production"), Filter(device=Device.PHONE), [each["user_agent"] for each in RECORDS])
    assert found is not None
    assert found.num_rows == sum(device_of(each["user_agent"]) is Device.PHONE for each in RECORDS) > 0


def test_a_part_that_vanishes_has_the_question_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    append(RECORDS)
    parts = engine.snapshot("production")
    for part in parts.parts:
        part.path.unlink()
    with pytest.raises(engine.PartsGone):
        picked(parts, KENT, None)
    assert picking._kept == {}
