"""Live calls and erased people: what waits, what comes late, and what the Live page shows."""

from __future__ import annotations

import json
from datetime import timedelta

from django.utils import timezone

from interactions.ingest import live
from interactions.ingest.live import calls
from interactions.ingest.live.calls import Delivery
from interactions.models import DeletionRequest, Environment, InboxEntry
from tests.ingest.imports.files import Record, record
from tests.ingest.imports.house import House, users

from .people import ANN, asked, erased, later, of_ann


def accepted(made: list[Record], *, hours: float = 0) -> None:
    InboxEntry.objects.create(
        environment=Environment.objects.get(slug="production"),
        received_at=timezone.now() + timedelta(hours=hours),
        records=len(made),
        text=json.dumps(made)[1:-1].encode(),
    )


def appended() -> int:
    return live.append(Environment.objects.get(slug="production"))


def test_old_records_that_are_sent_again_are_dropped_and_new_ones_kept(house: House) -> None:
    erased(house)
    accepted([of_ann(1), later(2), record(3), {"type": "like", "user_id": ANN}], hours=1)
    assert appended() == 3
    assert sorted(users()) == [ANN, ANN, "user-3"]


def test_a_live_record_dated_more_than_an_hour_ahead_is_dropped(house: House) -> None:
    erased(house)
    ahead = (timezone.now() + timedelta(hours=3)).isoformat()
    accepted([of_ann(1, timestamp=ahead), later(2), record(3, timestamp=ahead)], hours=1)
    assert appended() == 2
    assert sorted(users()) == [ANN, "user-3"]


def test_a_call_that_waited_when_its_person_was_erased_is_appended_without_them(house: House) -> None:
    accepted([of_ann(1), record(2)])
    request = erased(house)
    assert request.state == DeletionRequest.State.VERIFIED
    assert appended() == 1
    assert users() == ["user-2"]


def test_a_call_appended_between_request_and_task_is_erased_from_the_table(house: House) -> None:
    accepted([of_ann(1), record(2)], hours=-1)
    asked(house)
    appended()
    house.carry()
    assert users() == ["user-2"]


def test_the_live_page_shows_nothing_of_the_person(house: House) -> None:
    body = json.dumps({"data": [of_ann(1), record(2)]}).encode()
    calls.push(
        [
            Delivery(
                environment="production", at=timezone.now(), client="curl", key_name="shop", key_prefix="dojo_sk_",
                method="POST", path="/v1/interactions", records=2, status=200, milliseconds=1.0, body=body,
            )
        ]
    )  # fmt: skip
    assert calls.count_users("production", [ANN]) == 1
    request = erased(house)
    assert (request.state, calls.count_users("production", [ANN])) == (DeletionRequest.State.VERIFIED, 0)
    assert calls.count_users("production", ["user-2"]) == 1
