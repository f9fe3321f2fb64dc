"""What waits in the inbox comes into the table, once, with the moment at which each call came."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection
from django.utils import timezone

from dojo import heartbeat
from interactions import identity
from interactions.ingest import live
from interactions.ingest.duplicates.index import FingerprintIndex, OpenFingerprints
from interactions.ingest.live import transfer
from interactions.models import DeletionRequest, Environment, InboxBatch, InboxEntry, Tombstone
from interactions.models.packed import HEAD, PACKED_FROM, unpack, unpacked_size
from interactions.warehouse.lake import Lake, LakeBusy
from tests import figures
from tests.ingest.live.entries import NOON, call, is_empty, like, rows, users


def test_all_that_waits_comes_in_one_commit(production: Environment, lake: Lake) -> None:
    for number in range(20):
        call(production, like(f"user {number:02}"), after=number)
    assert live.append(production) == 20
    assert users(lake) == [f"user {number:02}" for number in range(20)]
    assert lake.version() == 1
    assert is_empty()


def test_an_empty_inbox_makes_no_table(production: Environment, lake: Lake) -> None:
    assert live.append(production) == 0
    assert not lake.exists()


def test_each_record_bears_the_moment_at_which_its_call_came(production: Environment, lake: Lake) -> None:
    call(production, like("a"), like("b", timestamp="2020-01-01T00:00:00Z"), after=1)
    call(production, like("c"), after=2)
    live.append(production)
    first, second = NOON + timedelta(seconds=1), NOON + timedelta(seconds=2)
    assert [row["received_at"] for row in rows(lake)] == [first, first, second]
    assert [row["timestamp"].year for row in rows(lake)] == [2026, 2020, 2026]
    assert rows(lake)[2]["timestamp"] == second
    assert {row["import_id"] for row in rows(lake)} == {0}


def test_records_that_the_fast_way_does_not_take_come_in_too(production: Environment, lake: Lake) -> None:
    call(production, like("a"), like("b", context={"of our own": {"x": [1, None]}}))
    call(production, like("c"))
    call(production, *(like(f"d {number:03}", context={"more": number}) for number in range(200)))
    assert live.append(production) == 203
    assert rows(lake)[1]["extra"] == '{"context":{"of our own":{"x":[1,null]}}}'
    assert [row["received_at"] for row in rows(lake)] == [NOON] * 203


def test_copies_of_parts_that_an_erasure_removes_meanwhile_are_fetched_again(
    production: Environment, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh, gone = FingerprintIndex.refresh, [FileNotFoundError(), FileNotFoundError()]

    def removed_twice(*arguments: Any) -> OpenFingerprints:
        if gone:
            raise gone.pop()
        return refresh(*arguments)

    monkeypatch.setattr(FingerprintIndex, "refresh", removed_twice)
    call(production, like("a"))
    assert live.append(production) == 1
    assert users(lake) == ["a"]


def test_a_large_inbox_is_emptied_in_several_batches(
    production: Environment, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_RECORDS", 10)
    for number in range(7):
        call(production, *(like(f"{number} {one}") for one in range(4)))
    assert live.append(production) == 28
    assert len(set(users(lake))) == 28
    assert lake.version() == 4


def test_a_call_larger_than_a_batch_goes_alone(
    production: Environment, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_RECORDS", 10)
    call(production, *(like(f"{one:02}") for one in range(30)))
    assert live.append(production) == 30


def test_environments_have_inboxes_of_their_own(production: Environment, lake: Lake) -> None:
    playground, _ = Environment.objects.get_or_create(slug="playground", defaults={"name": "Playground"})
    call(production, like("a"))
    call(playground, like("b"))
    live.append(production)
    assert users(lake) == ["a"]
    assert not Lake("playground").exists()
    live.append(playground)
    assert users(Lake("playground")) == ["b"]


def test_a_database_younger_than_the_table_loses_nothing(production: Environment, lake: Lake) -> None:
    """Numbers of batches that begin anew must not pass for those that the table has seen."""
    call(production, like("a"))
    pk = InboxEntry.objects.get().pk
    InboxBatch.objects.create(pk=10_000, environment=production, runs=[(pk, pk)])
    live.append(production)
    with connection.cursor() as cursor:
        numbers = [{"table": InboxBatch._meta.db_table, "column": "id"}]
        for statement in connection.ops.sequence_reset_by_name_sql(no_style(), numbers):
            cursor.execute(statement)
    call(production, like("b"))
    live.append(production)
    assert users(lake) == ["a", "b"]
    assert lake.marked(transfer.MARK) == 10_001


def test_without_redis_all_waits(production: Environment, settings: object) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"  # type: ignore[attr-defined]
    call(production, like("a"))
    with pytest.raises(LakeBusy):
        live.append(production)
    assert not is_empty()


def test_people_who_were_erased_do_not_come_back(production: Environment, lake: Lake) -> None:
    call(production, like("ann"), like("bob"))
    request = DeletionRequest.objects.create(environment=production)
    key = identity.keyring().key("ann")
    Tombstone.objects.create(request=request, environment=production, user_key=key, at=timezone.now())
    assert live.append(production) == 1
    assert users(lake) == ["bob"]


def test_the_command_appends_for_all_environments(production: Environment, lake: Lake) -> None:
    call(production, like("a"))
    call_command("append_inbox", "--once")
    assert users(lake) == ["a"]
    totals = figures.totals("production")
    assert totals is not None
    assert totals.interactions == 1


def test_while_others_hold_the_lock_there_are_signs_of_life(production: Environment, lake: Lake) -> None:
    call(production, like("ann"))
    freed = threading.Event()
    signs: list[int] = []

    def give() -> None:
        signs.append(len(users(lake)))
        freed.set()

    def hold() -> None:
        with lake.lock():
            held.set()
            freed.wait()

    held = threading.Event()
    other = threading.Thread(target=hold)
    other.start()
    held.wait()
    assert live.append(production, alive=give) == 1
    other.join()
    assert signs[0] == 0


def test_the_command_gives_signs_of_life(production: Environment, redis_server: str) -> None:
    with heartbeat.connect() as client:
        client.delete(heartbeat.INBOX_KEY)
        call_command("append_inbox", once=True)
        assert heartbeat.inbox_lives(client)
        client.delete(heartbeat.INBOX_KEY)


def test_a_large_call_is_packed_while_it_waits_and_comes_out_whole(production: Environment, lake: Lake) -> None:
    call(production, *[like(f"user {number:04}") for number in range(3000)])
    call(production, like("zoe"))
    stored = InboxEntry.objects.order_by("pk")[0].text
    assert len(stored) < 20_000
    assert len(unpack(stored)) == unpacked_size(stored[:HEAD], len(stored)) > PACKED_FROM
    assert live.append(production) == 3001
    assert users(lake) == [*(f"user {number:04}" for number in range(3000)), "zoe"]


def test_a_batch_is_bounded_by_the_size_of_what_is_packed(
    production: Environment, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_BYTES", 200_000)
    for number in range(3):
        call(production, *[like(f"user {number} {each:04}") for each in range(3000)])  # 130 kB of text each
    live.append(production)
    assert lake.version() == 3
    assert len(users(lake)) == 9000


def test_what_comes_in_meanwhile_is_left_to_the_next_append(
    production: Environment, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = transfer.sift

    def meanwhile(*given: Any) -> Any:
        call(production, like("late"), after=1)
        return real(*given)

    call(production, like("ann"))
    with monkeypatch.context() as patch:
        patch.setattr(transfer, "sift", meanwhile)
        assert live.append(production) == 1
    assert users(lake) == ["ann"]
    assert live.append(production) == 1
    assert users(lake) == ["ann", "late"]
