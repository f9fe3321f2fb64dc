"""The export of records: page after page of JSON Lines, by keys that may read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from interactions.access import keys
from interactions.codec.rulebook import check_bytes
from interactions.models import ActivityEntry, ApiKey, DeletionRequest, Environment, Tombstone
from interactions.warehouse.compact import compact
from interactions.warehouse.lake import Lake
from interactions.warehouse.steady import DataSetBusy
from tests.lakes import append, key_of, record

Scope = ApiKey.Scope
ADDRESS = "/v1/interactions/export"
Take = Callable[..., HttpResponse]


@pytest.fixture
def take(client: Client, production: Environment) -> Take:
    def get(query: str = "", *more: Scope) -> HttpResponse:
        text = keys.create(production, kind=ApiKey.Kind.SECRET, name="Reader", scopes=(Scope.READ, *more))[1]
        return client.get(f"{ADDRESS}?{query}", headers={"X-API-KEY": text})

    return get


def lines(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/jsonl"
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


def pages(take: Take, query: str) -> list[list[dict[str, Any]]]:
    """All pages, by following the cursor."""
    found, cursor = [], ""
    while True:
        answer = take(f"{query}&cursor={cursor}")
        found.append(lines(answer))
        if "X-Next-Cursor" not in answer:
            return found
        cursor = answer["X-Next-Cursor"]


@pytest.fixture
def week(db: None) -> None:
    """Seven records in two parts whose times overlap."""
    for days in ((1, 3, 5, 7), (2, 4, 6)):
        append([record("like", f"2024-01-0{day}T00:00:00Z", user_id=f"u{day}", product_ids=["p"]) for day in days])


def test_records_are_whole_and_oldest_first(take: Take, week: None) -> None:
    found = lines(take("", Scope.PEOPLE))
    assert [each["user_id"] for each in found] == [f"u{day}" for day in range(1, 8)]
    assert found[0] == {"type": "like", "timestamp": "2024-01-01T00:00:00Z", "user_id": "u1", "product_ids": ["p"]}
    assert all(check_bytes(json.dumps(each).encode()).record is not None for each in found)


def test_without_the_scope_people_no_id_is_in_them(take: Take, week: None) -> None:
    append([record("like", user_id="ann", anonymous_id="device")])
    assert all({"user_id", "anonymous_id"}.isdisjoint(each) for each in lines(take()))


def test_without_the_scope_people_no_id_is_in_custom_context_either(take: Take) -> None:
    custom = {
        "plan": "ann",
        "Shop.User-ID": 7,
        "deep": [{"anonymousId": "x", "to": "device"}, "ann", "device 2"],
        "n": 1.5,
    }
    kept = json.dumps({"context": {"custom_context": custom, "browser": {"ann": "ann"}}})
    append([record("like", user_id="ann", anonymous_id="device", extra=kept)])
    append([record("like", user_id="bob", extra='{"search":{"filters":{"size":["bob"]}}}'), record("like")])
    (found,) = [each["context"] for each in lines(take()) if "context" in each]
    assert found == {"custom_context": {"deep": [{}, "device 2"], "n": 1.5}, "browser": {"ann": "ann"}}
    (whole,) = [each["context"] for each in lines(take("", Scope.PEOPLE)) if "context" in each]
    assert whole["custom_context"] == custom


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_a_cursor_leads_through_all_of_them_once(take: Take, week: None, limit: int) -> None:
    found = pages(take, f"limit={limit}")
    assert all(len(page) <= limit for page in found)
    assert [each["timestamp"][8:10] for page in found for each in page] == [f"0{day}" for day in range(1, 8)]


def test_equal_records_are_told_apart(take: Take) -> None:
    append([record("like", fingerprint=b"same", product_ids=[f"p{number}"]) for number in range(5)])
    found = [each["product_ids"][0] for page in pages(take, "limit=2") for each in page]
    assert sorted(found) == [f"p{number}" for number in range(5)]


def test_it_goes_on_at_its_place_after_the_table_was_rewritten_and_added_to(take: Take, week: None) -> None:
    first = take("limit=3")
    assert len(lines(first)) == 3
    compact(Lake("production"))
    append([record("like", "2024-01-09T00:00:00Z")])
    rest = lines(take(f"cursor={first['X-Next-Cursor']}"))
    assert [each["timestamp"][8:10] for each in rest] == ["04", "05", "06", "07", "09"]


def test_filters_and_periods_are_those_of_the_pages(take: Take, week: None) -> None:
    assert len(lines(take("from=2024-01-02&to=2024-01-03&type=like"))) == 2
    assert lines(take("type=search")) == []
    assert len(lines(take("period=24h"))) == 1


def test_hidden_people_are_not_in_it(take: Take, week: None, production: Environment) -> None:
    request = DeletionRequest.objects.create(environment=production)
    Tombstone.objects.create(request=request, environment=production, user_key=key_of("u3"), at=timezone.now())
    assert "u3" not in {each["user_id"] for each in lines(take("", Scope.PEOPLE))}


def test_an_empty_environment_has_no_line_and_no_cursor(take: Take) -> None:
    answer = take()
    assert lines(answer) == [] and "X-Next-Cursor" not in answer


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("cursor=next", "The cursor is invalid"),
        ("cursor=1-ff", "The cursor is invalid"),
        ("limit=50001", "from 1 to 50,000"),
        ("format=csv", "format can only be jsonl"),
        ("unit=day", "no parameter 'unit'"),
        ("type=dance", "Unknown type"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_sentence(take: Take, query: str, says: str) -> None:
    answer = take(query)
    assert answer.status_code == 400 and says in answer.json()["message"]


def test_a_key_that_may_only_send_is_refused(client: Client, secret: str, publishable: str) -> None:
    for key in (secret, publishable):
        assert client.get(ADDRESS, headers={"X-API-KEY": key}).status_code == 403


def test_each_call_is_in_the_activity_log_and_names_nobody(take: Take, week: None) -> None:
    lines(take("limit=3&product=p"))
    entry = ActivityEntry.objects.get(action=ActivityEntry.Action.EXPORTED)
    assert entry.actor.startswith("Reader (dojo_sk_")
    assert entry.details == {"format": "jsonl", "records": 3, "filtered by": "product"}


def test_a_table_that_keeps_changing_says_when_to_try_again(
    take: Take, week: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from interactions.api import export_answer

    def busy(*_: object, **__: object) -> None:
        raise DataSetBusy

    monkeypatch.setattr(export_answer, "oldest", busy)
    answer = take()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


def test_large_records_come_in_pages_of_bounded_size(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    from interactions.analytics.reports import records

    monkeypatch.setattr(records, "_MOST_BYTES", 40_000)
    texts = [f"{number:03}" + os.urandom(2_000).hex() for number in range(40)]
    append([record("like", f"2024-01-01T00:00:{number:02}Z", value=text) for number, text in enumerate(texts)])
    found = pages(take, "limit=30")
    assert [each["value"] for page in found for each in page] == texts
    assert len(found) >= 4 and all(len(json.dumps(page)) < 60_000 for page in found)
