"""Webhooks: what connected tools send is stored, counted and answered, and what is forged is not."""

from __future__ import annotations

import gzip
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client

from interactions.api import limits
from interactions.ingest import live
from interactions.ingest.connections import change, seal
from interactions.ingest.connections.change import Given
from interactions.ingest.connections.tally import KEPT_OF_A_NAME, LONGEST_TEXT, MOST_KEPT, MOST_NAMES, OTHER_NAMES
from interactions.ingest.connections.types import keep_types
from interactions.models import Connection, DeletionRequest, Environment, InboxEntry, KeptEvent, RequestedLetter
from interactions.models.packed import unpack
from tests.ingest.connections.payloads import (
    BROKEN,
    DATA_REQUEST,
    DELETED,
    LISTED,
    ORDER,
    REDACT,
    SHOP,
    SIGNED_UP,
    VIEWED,
    compact,
    signature,
)

from .conftest import waiting


@pytest.fixture
def segment(production: Environment) -> Given:
    return change.create(production, "segment", name="Site")


@pytest.fixture
def shopify(production: Environment) -> Given:
    return change.create(production, "shopify", name="Shop")


def send(client: Client, given: Given, payload: Any, **more: Any) -> HttpResponse:
    """A call as the tool makes it, rightly signed unless ``secret`` says otherwise."""
    source = given.connection.source
    signed = signature(source, more.pop("secret", given.secret), payload)
    path = more.pop("path", given.path)
    return client.post(path, compact(payload), content_type="application/json", headers=signed, **more)


def stored() -> list[dict[str, Any]]:
    entries = InboxEntry.objects.order_by("id")
    return [record for entry in entries for record in json.loads(b"[" + unpack(entry.text) + b"]")]


def counts(given: Given) -> dict[str, tuple[int, int, int]]:
    rows = given.connection.counts.values_list("name", "interactions", "skipped", "refused")
    return {name: tuple(numbers) for name, *numbers in rows}


def test_an_event_is_in_the_inbox_and_counted_before_the_answer(client: Client, segment: Given) -> None:
    answer = send(client, segment, VIEWED)
    assert (answer.status_code, answer.json()) == (
        200,
        {"errors": False, "message": "success", "interactions": 1, "skipped": 0, "refused": 0},
    )
    assert [record["context"]["custom_context"]["uuid"] for record in stored()] == ["segment:m-1"]
    assert counts(segment) == {"Product Viewed": (1, 0, 0)}
    segment.connection.refresh_from_db()
    assert segment.connection.last_event_at is not None


def test_a_batch_is_signed_by_its_first_event(client: Client, segment: Given) -> None:
    assert send(client, segment, [VIEWED, LISTED, SIGNED_UP]).json()["interactions"] == 3
    assert counts(segment) == {
        "Product Viewed": (1, 0, 0),
        "Product List Viewed": (2, 0, 0),
        "Signed Up": (0, 1, 0),
    }
    enveloped = {"batch": [VIEWED, LISTED]}
    headers = signature("segment", segment.secret, [VIEWED])
    body = json.dumps(enveloped, indent=1).encode()
    assert client.post(segment.path, body, content_type="application/json", headers=headers).status_code == 200


def test_an_unknown_event_is_skipped_and_kept_as_it_came(client: Client, segment: Given) -> None:
    assert send(client, segment, SIGNED_UP).json()["skipped"] == 1
    assert waiting() == 0
    kept = KeptEvent.objects.get()
    assert (kept.name, kept.outcome, kept.reason) == ("Signed Up", "skipped", "It has no interaction type.")
    assert json.loads(kept.text) == SIGNED_UP


def test_a_record_that_breaks_a_rule_is_refused_and_the_others_stored(client: Client, segment: Given) -> None:
    assert send(client, segment, [VIEWED, BROKEN, LISTED]).json() == {
        "errors": False,
        "message": "success",
        "interactions": 3,
        "skipped": 0,
        "refused": 1,
    }
    assert waiting() == 3
    assert counts(segment)["Product Viewed"] == (1, 0, 1)
    kept = KeptEvent.objects.get()
    assert json.loads(kept.text) == BROKEN
    assert kept.reason.startswith("product_ids")


@pytest.mark.parametrize("body", [b"", b"hello", b"[1, 2]", b'{"type": ', b"null", b"\xff\xfe", b"[" * 5000])
def test_what_is_no_event_is_answered_200_and_counted(client: Client, production: Environment, body: bytes) -> None:
    given = change.create(production, "posthog")  # which signs nothing
    answer = client.post(given.path, body, content_type="application/json")
    assert answer.status_code == 200
    assert waiting() == 0
    assert answer.json()["refused"] == sum(refused for _, _, refused in counts(given).values())
    assert bool(answer.json()["refused"]) == bool(body)


def test_more_broken_records_than_are_named_are_each_refused(client: Client, segment: Given) -> None:
    wrong = {"a": 1, "b": 2}
    many = [{**BROKEN, "properties": {"products": [{"product_id": wrong}] * 15}} for _ in range(1000)]
    answer = send(client, segment, [*many, VIEWED]).json()
    assert (answer["interactions"], answer["refused"]) == (1, 1000)


@pytest.mark.parametrize("secret", ["wrong", ""])
def test_a_wrong_signature_is_refused(client: Client, segment: Given, secret: str) -> None:
    answer = send(client, segment, VIEWED, secret=secret)
    assert (answer.status_code, waiting(), counts(segment)) == (401, 0, {})
    assert "X-Signature" in answer.json()["message"]


def test_a_call_without_a_signature_is_refused(client: Client, shopify: Given) -> None:
    assert client.post(shopify.path, compact(ORDER), content_type="application/json").status_code == 401
    assert waiting() == 0


def test_a_signature_of_another_body_is_refused(client: Client, shopify: Given) -> None:
    headers = signature("shopify", shopify.secret, ORDER)
    body = compact({**ORDER, "total_price": "0"})
    assert client.post(shopify.path, body, content_type="application/json", headers=headers).status_code == 401


def test_a_body_that_cannot_be_unpacked_is_counted_as_refused(client: Client, production: Environment) -> None:
    given = change.create(production, "posthog", name="Site")
    packed = gzip.compress(compact(VIEWED))[:-9]
    answer = client.post(given.path, packed, content_type="application/json", headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["refused"], waiting()) == (200, 1, 0)
    assert KeptEvent.objects.get().outcome == KeptEvent.Outcome.REFUSED


def test_a_body_that_cannot_be_unpacked_is_not_signed(client: Client, shopify: Given) -> None:
    packed = gzip.compress(compact(ORDER))[:-9]
    headers = {"Content-Encoding": "gzip", **signature("shopify", shopify.secret, ORDER)}
    assert client.post(shopify.path, packed, content_type="application/json", headers=headers).status_code == 401


@pytest.mark.parametrize("path", ["/v1/connect/segment/dojo_co_wrong", "/v1/connect/nothing/x"])
def test_an_unknown_address_is_refused(client: Client, segment: Given, path: str) -> None:
    assert send(client, segment, VIEWED, path=path).status_code == 401


def test_a_token_works_for_its_own_source_alone(client: Client, segment: Given) -> None:
    elsewhere = segment.path.replace("/segment/", "/posthog/")
    assert send(client, segment, VIEWED, path=elsewhere).status_code == 401


def test_only_post_is_answered(client: Client, segment: Given) -> None:
    answer = client.get(segment.path)
    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")


def test_a_paused_connection_answers_counts_and_stores_nothing(client: Client, segment: Given) -> None:
    change.pause(segment.connection)
    assert send(client, segment, VIEWED).json()["skipped"] == 1
    assert (waiting(), counts(segment)) == (0, {"Product Viewed": (0, 1, 0)})
    assert KeptEvent.objects.get().reason == "The connection is paused."
    change.resume(segment.connection)
    assert send(client, segment, VIEWED).json()["interactions"] == 1


def test_a_removed_connection_is_refused_and_forgets_its_events(client: Client, segment: Given) -> None:
    send(client, segment, SIGNED_UP)
    change.remove(segment.connection)
    assert send(client, segment, VIEWED).status_code == 401
    assert not KeptEvent.objects.exists()


def test_both_addresses_work_until_the_grace_of_a_rotation_is_over(client: Client, segment: Given) -> None:
    new = change.rotate(segment.connection, timedelta(hours=1))
    assert new.path != segment.path
    assert send(client, segment, VIEWED).status_code == 200
    assert send(client, segment, VIEWED, path=new.path).status_code == 200
    newest = change.rotate(segment.connection, timedelta(0))
    assert send(client, segment, VIEWED, path=new.path).status_code == 401
    assert send(client, segment, VIEWED, path=newest.path).status_code == 200


def test_a_replaced_secret_is_the_only_one_that_counts(client: Client, shopify: Given) -> None:
    change.replace_secret(shopify.connection, "of the shop")
    assert send(client, shopify, ORDER).status_code == 401
    assert send(client, shopify, ORDER, secret="of the shop").status_code == 200


def test_token_and_secret_lie_nowhere_in_the_clear(segment: Given) -> None:
    row = Connection.objects.values().get(pk=segment.connection.pk)
    token = segment.path.rpartition("/")[2]
    assert not [value for value in row.values() if token in str(value) or segment.secret in str(value)]
    assert seal.opened(row["secret"]) == segment.secret


def test_a_secret_survives_a_new_secret_key_with_the_old_one_as_fallback(
    client: Client, segment: Given, settings: Any
) -> None:
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key of this Dojo"
    answer = send(client, segment, VIEWED)
    assert (answer.status_code, waiting()) == (503, 0)
    assert "Set a new secret" in answer.json()["message"]
    settings.SECRET_KEY_FALLBACKS = [old]
    assert send(client, segment, VIEWED).status_code == 200


def test_an_event_of_five_megabytes_is_taken_and_its_kept_text_cut(client: Client, segment: Given) -> None:
    large = {**SIGNED_UP, "properties": {"note": "x" * (5 << 20)}}
    view = {**VIEWED, "properties": {"product_id": "mug", "note": "x" * (5 << 20)}}
    assert send(client, segment, [view, large]).json() == {
        "errors": False,
        "message": "success",
        "interactions": 1,
        "skipped": 1,
        "refused": 0,
    }
    kept = KeptEvent.objects.get()
    assert kept.is_cut
    assert len(kept.text) == LONGEST_TEXT
    assert kept.size > 5 << 20


def test_too_large_a_body_and_too_many_interactions_are_413(client: Client, segment: Given, settings: Any) -> None:
    settings.API_RECORDS = 2
    answer = send(client, segment, [VIEWED, LISTED])
    assert (answer.status_code, waiting(), counts(segment)) == (413, 0, {})
    settings.API_BODY_BYTES = 100
    assert send(client, segment, VIEWED).status_code == 413


def test_too_many_calls_are_429(
    client: Client, segment: Given, settings: Any, redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_counter", limits._Counter())  # the other one may have found Redis away
    settings.API_CALLS_PER_MINUTE = 1
    statuses = [send(client, segment, VIEWED).status_code for _ in range(3)]  # a minute may begin in between
    assert 429 in statuses


def test_a_failing_database_is_503_and_nothing_is_counted(
    client: Client, segment: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise DatabaseError

    with monkeypatch.context() as patch:
        patch.setattr("interactions.ingest.connections.accept.tally", fail)
        assert send(client, segment, VIEWED).status_code == 503
    assert (waiting(), counts(segment)) == (0, {})
    assert send(client, segment, VIEWED).status_code == 200


def test_the_ping_of_a_saved_woocommerce_webhook_is_answered_unsigned(client: Client, production: Environment) -> None:
    given = change.create(production, "woocommerce")
    form = "application/x-www-form-urlencoded"
    assert client.post(given.path, b"webhook_id=12", content_type=form).status_code == 200
    assert client.post(given.path, b"webhook_id=12&id=1", content_type=form).status_code == 401
    assert counts(given) == {}


def test_names_and_kept_events_are_bounded(client: Client, segment: Given) -> None:
    for start in range(0, 2 * MOST_NAMES, MOST_NAMES):
        named = [{**SIGNED_UP, "event": f"Event {number}"} for number in range(start, start + MOST_NAMES)]
        send(client, segment, named)
    found = counts(segment)
    assert len(found) == MOST_NAMES + 1
    assert found[OTHER_NAMES] == (0, MOST_NAMES, 0)
    assert KeptEvent.objects.count() <= MOST_KEPT
    for number in range(KEPT_OF_A_NAME + 2):
        send(client, segment, {**SIGNED_UP, "messageId": f"last-{number}"})
    last = KeptEvent.objects.filter(name="Signed Up")
    assert [json.loads(each.text)["messageId"] for each in last] == ["last-4", "last-3", "last-2"]


def test_the_live_page_is_told_what_came_of_a_call_and_never_the_token(
    client: Client, segment: Given, told: list[Any]
) -> None:
    send(client, segment, [VIEWED, BROKEN])
    send(client, segment, VIEWED, secret="wrong")
    send(client, segment, VIEWED, path="/v1/connect/segment/dojo_co_wrong")
    assert [(call.path, call.status) for call in told] == [
        ("/v1/connect/segment", status) for status in (200, 401, 401)
    ]
    good, forged, unknown = told
    assert (good.key_name, good.records, len(good.lines)) == ("Site", 1, 1)
    assert [record["type"] for record in json.loads(good.body)["data"]] == ["product_detail_page_view"] * 2
    assert (forged.key_name, forged.body, unknown.key_name, unknown.body) == ("Site", b"", "", b"")


def test_no_log_has_the_token(
    client: Client, segment: Given, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("interactions.api.connect.read", fail)
    assert send(client, segment, VIEWED).status_code == 500
    assert "/v1/connect/segment" in caplog.text
    assert segment.path not in caplog.text


def test_a_deletion_of_segment_hides_the_user_at_once(client: Client, segment: Given) -> None:
    assert send(client, segment, DELETED).json()["skipped"] == 1
    request = DeletionRequest.objects.get()
    assert (request.state, request.source, request.people) == ("hidden", "webhook", 1)
    assert request.asked_by == "Segment or RudderStack: Site"
    assert not KeptEvent.objects.exists()


def test_a_redaction_of_shopify_is_one_request_however_often_it_comes(client: Client, shopify: Given) -> None:
    for _ in range(2):
        assert send(client, shopify, REDACT).status_code == 200
    assert DeletionRequest.objects.count() == 1
    assert client.post(shopify.path, compact(REDACT), content_type="application/json").status_code == 401
    reference = str(DeletionRequest.objects.values().get()["reference"])
    assert not re.search(r"\b77\b", reference), reference


def test_a_paused_connection_still_hears_who_wants_to_be_erased(client: Client, shopify: Given) -> None:
    change.pause(shopify.connection)
    send(client, shopify, REDACT)
    assert DeletionRequest.objects.count() == 1


def test_a_redaction_waits_for_a_second_person_where_the_environment_wants_one(
    client: Client, shopify: Given, production: Environment
) -> None:
    Environment.objects.filter(pk=production.pk).update(needs_approval=True)
    try:
        send(client, shopify, REDACT)
    finally:
        Environment.objects.filter(pk=production.pk).update(needs_approval=False)
    assert DeletionRequest.objects.get().awaits_approval


def test_a_data_request_is_a_letter_to_be_made(client: Client, shopify: Given) -> None:
    for _ in range(2):
        send(client, shopify, DATA_REQUEST)
    letter = RequestedLetter.objects.get()
    assert (letter.user_id, letter.asked_by) == ("77", "Shopify orders: Shop")


def test_a_redaction_of_the_whole_shop_is_noted(client: Client, shopify: Given) -> None:
    from interactions.models import ActivityEntry

    assert send(client, shopify, SHOP).status_code == 200
    entry = ActivityEntry.objects.get(action=ActivityEntry.Action.SHOP_REDACTED)
    assert entry.object == "Shopify orders: Shop"
    assert not DeletionRequest.objects.exists()


def test_no_event_of_an_erased_person_is_kept(client: Client, segment: Given) -> None:
    send(client, segment, DELETED)
    send(client, segment, SIGNED_UP)
    send(client, segment, {**SIGNED_UP, "userId": "bob"})
    assert [json.loads(each.text)["userId"] for each in KeptEvent.objects.all()] == ["bob"]
    assert counts(segment)["Signed Up"] == (0, 2, 0)


def test_what_is_beside_records_that_cannot_be_stored_is_not_stored(production: Environment) -> None:
    def fail() -> None:
        raise DatabaseError

    from django.utils import timezone

    with pytest.raises(DatabaseError):
        live.accept(production.pk, timezone.now(), 1, b'{"type":"like"}', beside=live.Beside(1, fail))
    assert waiting() == 0


def test_event_names_become_what_was_chosen_for_the_environment(client: Client, segment: Given) -> None:
    keep_types(segment.connection.environment, "segment", {"Signed Up": "subscribe", "Product Viewed": None})
    answer = send(client, segment, [SIGNED_UP, VIEWED])
    assert answer.json()["interactions"] == answer.json()["skipped"] == 1
    assert [record["type"] for record in stored()] == ["subscribe"]
