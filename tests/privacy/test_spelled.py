"""An id that is written with escapes, or in a damaged record, is found in every store that keeps texts as they came."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from django.utils import timezone

from interactions.ingest import imports, live
from interactions.ingest.live import calls
from interactions.ingest.live.calls import Delivery
from interactions.models import DeletionRequest, Environment, Import, InboxEntry, Problem
from tests.ingest.imports.files import BAD, as_lines, record, records
from tests.ingest.imports.house import House, rejected, users

from .people import ANN, erased, traces

VERIFIED = DeletionRequest.State.VERIFIED
ESCAPED = "\\u0061" + ANN[1:]
SPELLED = [
    f'{{"type":"like","user_\\u0069d":"{ANN}","product_ids":["p"]}}',
    f'{{"type":"like","user_id":"{ESCAPED}","product_ids":["p"]}}',
]
DAMAGED = [
    f'{{"type":"like" "user_id":"{ANN}","product_ids":["p"]}}',
    f'{{"type":"like","user_\\u0069d":"{ESCAPED}","product_ids":["p"}}',
    f"{{'type': 'like', 'user_id': '{ANN}'}}",
    f'{{"type":"like","userId":"{ANN}","product_ids":["p"]}}',
]
PACKINGS: list[Callable[[bytes], bytes]] = [bytes, gzip.compress, zstandard.ZstdCompressor().compress]


def production() -> Environment:
    return Environment.objects.get(slug="production")


def kept(imp: Import) -> str:
    """The file of an import's refused records."""
    path = imports.rejected_path(imp)
    assert path is not None
    return gzip.decompress(path.read_bytes()).decode()


@pytest.mark.parametrize("pack", PACKINGS)
@pytest.mark.parametrize("text", [*SPELLED, *DAMAGED])
def test_in_a_file_that_waits_to_be_loaded(house: House, text: str, pack: Callable[[bytes], bytes]) -> None:
    imp = house.given(pack(as_lines([*records(3), text, record(5)])))
    request = erased(house)
    imp.refresh_from_db()
    assert (request.state, imp.state) == (VERIFIED, Import.State.CANCELLED)
    assert "named people" in imp.error and not request.held_nothing
    assert request.found["uploaded files"] == 1


@pytest.mark.parametrize("text", [*SPELLED, *DAMAGED])
def test_in_the_refused_records_of_an_import_that_is_over(house: House, folders: Path, text: str) -> None:
    bad = text.replace('"like"', '"lyke"').replace("'like'", "'lyke'")
    imp = house.done(as_lines([*records(3), bad, BAD]))
    assert len(rejected(imp)) == 2
    request = erased(house)
    assert (request.state, len(rejected(imp)), request.found["refused records"] >= 1) == (VERIFIED, 1, True)
    assert not request.held_nothing and ESCAPED not in kept(imp)
    assert traces(folders) == []


@pytest.mark.parametrize("text", [*SPELLED, *DAMAGED])
def test_in_the_refused_records_of_an_import_that_runs(house: House, folders: Path, text: str) -> None:
    bad = text.replace('"like"', '"lyke"').replace("'like'", "'lyke'")
    imp = house.read(as_lines([*records(3), bad, BAD]))
    erased(house)
    imp = house.carried(imp)
    assert len(rejected(imp)) == 1
    assert ESCAPED not in kept(imp)


@pytest.mark.parametrize("text", [*SPELLED, *DAMAGED])
def test_in_a_file_that_comes_after_the_request(house: House, folders: Path, text: str) -> None:
    erased(house)
    imp = house.done(as_lines([*records(3), text, BAD]))
    assert (imp.accepted, imp.rejected, len(rejected(imp))) == (3, 2, 1)
    assert traces(folders) == []


@pytest.mark.parametrize("text", SPELLED)
def test_in_a_call_that_waits_in_the_inbox(house: House, text: str) -> None:
    InboxEntry.objects.create(
        environment=production(),
        received_at=timezone.now(),
        records=2,
        text=f"{text},{json.dumps(record(1))}".encode(),
    )
    request = erased(house)
    assert (request.state, request.erased, request.found["inbox"]) == (VERIFIED, 1, 1)
    assert live.append(production()) == 1 and users() == ["user-1"]


@pytest.mark.parametrize("text", SPELLED)
def test_in_a_call_that_the_live_page_shows(house: House, text: str) -> None:
    body = f'{{"data":[{text},{json.dumps(record(1))}]}}'.encode()
    calls.push(
        [
            Delivery(
                environment="production",
                at=timezone.now(),
                client="",
                key_name="",
                key_prefix="",
                method="POST",
                path="/v1/interactions",
                records=2,
                status=422,
                milliseconds=1.0,
                body=body,
            )
        ]
    )
    request = erased(house)
    call = calls.recent("production")[0]
    sent = calls.get("production", call.id)
    assert request.state == VERIFIED and not request.held_nothing
    assert sent is not None and sent.sent is not None and [each is None for each in sent.sent.records] == [True, False]


def test_in_the_example_that_a_problem_shows(house: House) -> None:
    imp = house.done(as_lines([*records(2), f'{{"type":"like","product_ids":["p"],"customer":"{ANN}"}}']))
    assert Problem.objects.filter(block__of=imp).exclude(value="").exists()
    erased(house)
    assert not Problem.objects.filter(block__of=imp, value__contains=ANN).exists()


def test_an_id_that_is_cut_goes_with_what_may_be_anybodys(house: House) -> None:
    imp = house.done(as_lines([*records(3), '{"type":"like","user_id":"ann-of-gr', BAD]))
    assert len(rejected(imp)) == 2
    request = erased(house)
    assert (request.state, len(rejected(imp)), request.erased) == (VERIFIED, 1, 0)
    assert request.held_nothing  # nobody knows whose it was
