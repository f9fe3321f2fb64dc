"""What cannot be moved out of the inbox is set aside, named, and kept; it never blocks what comes after it."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from dojo import heartbeat
from interactions import identity
from interactions.contract.schema import FOR_GOOD
from interactions.contract.tombstones import Tombstones
from interactions.ingest import live
from interactions.ingest.live import calls, transfer
from interactions.models import Environment, InboxEntry
from interactions.privacy import entries
from interactions.warehouse.lake import Lake
from tests.ingest.live.entries import NOON, call, is_empty, like, users

# Text that the API would never accept stands for whatever a defect of ours cannot move.
UNFIT = b'{"type":"nonsense","user_id":"erin"}'


def put(environment: Environment, text: bytes, records: int = 1) -> None:
    InboxEntry.objects.create(environment=environment, received_at=NOON, records=records, text=text)


def kept() -> list[tuple[bytes, int, str]]:
    """Text, records and reason of what is set aside; that all else is gone."""
    rows = [(bytes(row.text), row.records, row.problem) for row in InboxEntry.objects.all()]
    assert all(problem for _, _, problem in rows)
    return rows


def stones_of(name: str) -> Tombstones:
    return Tombstones.of([(identity.keyring().key(name), None, FOR_GOOD)])


def test_the_calls_before_and_after_it_come_in(production: Environment, lake: Lake) -> None:
    call(production, like("ann"))
    put(production, UNFIT)
    call(production, like("bob"), after=1)
    assert live.append(production) == 2
    assert users(lake) == ["ann", "bob"]
    assert kept() == [(UNFIT, 1, "ValueError in rows.py:" + kept()[0][2].rpartition(":")[2])]
    call(production, like("carl"), after=2)
    assert live.append(production) == 1


def test_so_do_the_other_records_of_its_call(production: Environment, lake: Lake) -> None:
    good = [like(f"user {number:02}") for number in range(60)]
    texts = [json.dumps(each).encode() for each in good]
    put(production, b", ".join([*texts[:20], UNFIT, *texts[20:40], UNFIT, *texts[40:]]), 62)
    assert live.append(production) == 60
    assert users(lake) == [each["user_id"] for each in good]
    assert [(text, records) for text, records, _ in kept()] == [(UNFIT, 1), (UNFIT, 1)]


def test_a_call_that_is_no_json_is_set_aside_whole(production: Environment, lake: Lake) -> None:
    put(production, b'{"type":"like"},{', 2)
    call(production, like("ann"))
    assert live.append(production) == 1
    assert [(text, records) for text, records, _ in kept()] == [(b'{"type":"like"},{', 2)]


def test_it_is_found_once_where_the_append_breaks_off_after_it(
    production: Environment, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(production, UNFIT)
    call(production, like("ann"))
    with monkeypatch.context() as full:
        full.setattr(Lake, "append", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space"):
            live.append(production)
    assert live.append(production) == 1
    assert len(kept()) == 1


def test_what_the_machine_lacks_sets_nothing_aside(
    production: Environment, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    call(production, like("ann"))
    with monkeypatch.context() as patch:
        patch.setattr(transfer, "sift", full)
        with pytest.raises(OSError, match="No space"):
            live.append(production)
    assert live.append(production) == 1
    assert is_empty()


def test_a_fault_of_the_table_sets_nothing_aside(production: Environment, lake: Lake) -> None:
    call(production, like("ann", timestamp="2026-05-04T11:00:00Z"))
    live.append(production)
    part = lake.parts()[0].path
    whole = part.read_bytes()
    part.write_bytes(b"PAR1" + bytes(len(whole) - 8) + b"PAR1")
    call(production, like("bob", timestamp="2026-05-04T11:00:00Z"))
    with pytest.raises(Exception, match=r"Parquet|parquet|thrift|footer"):
        live.append(production)
    part.write_bytes(whole)
    assert live.append(production) == 1
    assert is_empty()


def test_the_log_and_the_live_page_name_it(
    production: Environment, lake: Lake, client: Client, admin_user: Any, caplog: pytest.LogCaptureFixture
) -> None:
    put(production, UNFIT)
    with caplog.at_level(logging.ERROR):
        live.append(production)
    assert "cannot be moved and are set aside as entry" in caplog.text
    assert "erin" not in caplog.text
    shown = calls.recent(production.slug, before=1 << 62, limit=1)[0]
    assert (shown.is_aside, shown.records, shown.problems) == (True, 1, 1)
    client.force_login(admin_user)
    page = client.get(f"/{production.slug}/live/").content.decode()
    assert "1 record of 1 call can&#x27;t be moved" in page.replace("can't", "can&#x27;t")
    assert "set aside" in page
    answer = client.get(f"/{production.slug}/live/{shown.id}/").content.decode()
    assert "erin" in answer
    assert "kept in the inbox" in answer


def test_it_is_tried_again_by_the_next_start(production: Environment, lake: Lake) -> None:
    put(production, UNFIT)
    live.append(production)
    InboxEntry.objects.update(text=json.dumps(like("ann")).encode())  # as if a newer Dojo could move it
    assert live.append(production) == 0
    call_command("append_inbox", once=True)
    assert users(lake) == ["ann"]
    assert is_empty()


def test_erasure_finds_people_in_it(production: Environment, lake: Lake) -> None:
    put(production, UNFIT)
    put(production, b'{"type":"nonsense","user_id":"finn"}')
    live.append(production)
    erin = stones_of("erin")
    assert sum(entries.count(production, erin).values()) == 1
    entries.erase(production, erin)
    assert [b"finn" in text for text, _, _ in kept()] == [True]


def test_what_nobody_can_read_of_it_goes_with_any_erasure(production: Environment, lake: Lake) -> None:
    put(production, b'{"type":"like","user_id":"erin"')
    live.append(production)
    entries.erase(production, stones_of("anybody"))
    assert not InboxEntry.objects.exists()


def test_an_inbox_that_does_not_move_is_named_though_others_do(
    production: Environment, lake: Lake, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(production, like("ann"))
    lake.folder.mkdir(parents=True)
    (lake.folder / "_delta_log").mkdir()
    (lake.folder / "_delta_log" / f"{0:020}.json").write_text("broken")
    monkeypatch.setattr(heartbeat, "STUCK_AFTER_SECONDS", 0.0)
    call_command("append_inbox", once=True)
    assert client.get("/healthz").json()["inbox"] == f"does not move: {production.slug}"
    (lake.folder / "_delta_log" / f"{0:020}.json").unlink()
    call_command("append_inbox", once=True)
    assert client.get("/healthz").json()["inbox"] == "ok"


def test_it_is_said_within_15_seconds() -> None:
    from interactions.management.commands import append_inbox

    first_tries = append_inbox._SECONDS + 2 * append_inbox._SECONDS  # the first failure comes within one round
    assert first_tries + heartbeat.STUCK_AFTER_SECONDS < 15
    assert heartbeat.INBOX_DEAD_AFTER_SECONDS + heartbeat.EVERY_SECONDS <= 15
