"""People whose ids and records are at the edges of what is accepted are hidden, erased and verified like anybody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from interactions import privacy
from interactions.access import keys
from interactions.codec import export
from interactions.console.privacy.letter import LetterForm
from interactions.models import ApiKey, DeletionRequest, Environment, InboxEntry
from interactions.privacy import receipts
from tests import cast
from tests.ingest.imports.edges import TEXTS, Record, at_the_edges, in_utc, rows, said
from tests.ingest.imports.files import as_lines, record
from tests.ingest.imports.house import House

from .people import traces
from .test_erasure import waiting

State = DeletionRequest.State
STAYS = "who stays"
IDS = [*TEXTS, "\U0010ffff", "\x00\x00"]
ANONYMOUS = [*IDS, "ß" * 1024]


def of_all() -> list[Record]:
    """Records at the edges of a few people, one of each odd id, and some that stay."""
    return [
        *at_the_edges(1, 29),
        *(record(n, user_id=each, anonymous_id=f"of {n}") for n, each in enumerate(IDS)),
        *(record(n, user_id=None, anonymous_id=each) for n, each in enumerate(ANONYMOUS, 1_000)),
        *(record(n, user_id=STAYS) for n in range(2_000, 2_005)),
    ]


@pytest.fixture
def made(house: House, client: Client, settings: Any) -> list[Record]:
    settings.IMPORT_STALE_SECONDS = 3_600  # a sign of life would wait for the test's own transaction
    cache.clear()
    client.force_login(cast.owner())
    made = of_all()
    imp = house.done(as_lines(made), name="edges.jsonl")
    assert (imp.accepted, imp.rejected) == (len(made), 0)
    return made


def table() -> list[str]:
    return said(list(export.records(rows())))


def kept(made: list[Record], gone: set[str], anonymous: set[str] = frozenset()) -> list[str]:  # type: ignore[assignment]
    """What of the records stays in the table."""
    return said(
        [
            {**in_utc(each), "timestamp": each["timestamp"].replace("+00:00", "Z")}
            for each in made
            if each.get("user_id") not in gone and (each.get("user_id") or each.get("anonymous_id") not in anonymous)
        ]
    )


def carried(house: House, request: DeletionRequest) -> DeletionRequest:
    house.carry("erase_people")
    request.refresh_from_db()
    return request


def receipt_of(request: DeletionRequest) -> dict[str, Any]:
    """What it says; its signature holds."""
    return receipts.check(request.receipt).said


def test_users_with_odd_ids_are_hidden_at_once_then_erased_and_verified(
    house: House, client: Client, made: list[Record], folders: Path
) -> None:
    here = Environment.objects.get(slug="production")
    edges = {each["user_id"] for each in at_the_edges(1, 29)}
    gone = {*IDS, *edges}
    waiting([each for each in made if each.get("user_id") in edges][:5])
    text = keys.create(here, kind=ApiKey.Kind.SECRET, name="Pipeline")[1]
    body = json.dumps({"user_ids": sorted(gone)})
    with house.at_work():
        answer = client.delete(f"/v1/interactions?api_key={text}", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    request = DeletionRequest.objects.get()
    assert (request.state, request.people) == (State.HIDDEN, len(gone))
    shown = client.get("/production/interactions/exports/download/?format=jsonl")
    hidden = [json.loads(line) for line in b"".join(shown.streaming_content).split(b"\n") if line]
    assert gone.isdisjoint(each.get("user_id") for each in hidden)

    request = carried(house, request)
    assert (request.state, request.error) == (State.VERIFIED, "")
    assert table() == kept(made, gone)
    assert not InboxEntry.objects.exists() or all(each.records == 0 for each in InboxEntry.objects.all())
    receipt = receipt_of(request)
    assert (receipt["left"], receipt["outcome"], receipt["people"]["count"]) == (0, "erased", len(gone))
    assert receipt["people"]["not_in_the_data"] == {"users": [], "anonymous_ids": []}
    assert receipt["records_erased"] == len(made) - len(kept(made, gone)) + 5
    # Short ones are in other texts, too.
    assert [left for each in edges for left in traces(folders, each)] == []


def test_anonymous_ids_that_are_odd_are_erased_by_themselves(house: House, made: list[Record]) -> None:
    here = Environment.objects.get(slug="production")
    request: DeletionRequest = house.ask(privacy.request, here, [], anonymous_ids=ANONYMOUS)
    request = carried(house, request)
    assert (request.state, request.error) == (State.VERIFIED, "")
    assert table() == kept(made, set(), set(ANONYMOUS))
    receipt = receipt_of(request)
    assert (receipt["left"], receipt["records_erased"]) == (0, len(set(ANONYMOUS)))


@pytest.mark.parametrize("ids", [[""], ["x" * 513], ["\ud800"], [None], [1], "a"])
def test_what_is_no_id_is_refused_in_a_sentence(house: House, client: Client, ids: Any) -> None:
    here = Environment.objects.get(slug="production")
    text = keys.create(here, kind=ApiKey.Kind.SECRET, name="Pipeline")[1]
    body = json.dumps({"user_ids": ids})
    answer = client.delete(f"/v1/interactions?api_key={text}", body, content_type="application/json")
    assert (answer.status_code, list(answer.json())) == (400, ["message"])
    assert not DeletionRequest.objects.exists()


@pytest.mark.parametrize("user", IDS)
def test_the_form_of_the_access_letter_takes_every_id(user: str) -> None:
    form = LetterForm({"user_id": user})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["user_id"] == user
