"""The live ring: what it keeps of a call, how it is bounded, and that people can be taken out of it."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
import redis
from django.conf import settings

from interactions import identity
from interactions.contract.tombstones import Person
from interactions.ingest.live import calls as ring
from interactions.ingest.live.calls import DeliveryCause, connection
from interactions.ingest.live.calls.delivery import read_line
from tests.deliveries import body_of, delivered, delivery
from tests.walks import files_below

HERE = "production"
push = import_module("interactions.ingest.live.calls.add")  # the package calls its function the same


@pytest.fixture(autouse=True)
def client(redis_server: str) -> Iterator[redis.Redis]:
    """An empty ring."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushdb()
        push._away.until = 0.0
        yield client
        client.flushdb()


def texts_in(client: redis.Redis) -> bytes:
    """All that Redis holds of the ring, as it lies there."""
    held = b""
    for key in client.scan_iter("dojo:live:*"):
        held += client.dump(key) if client.type(key) != b"string" else client.get(key)
    return held


# --- What it keeps ---


def test_a_call_that_is_only_counted_has_its_cause_counted_and_no_place_in_the_list() -> None:
    ring.push([delivery(status=429, is_only_counted=True), delivery(status=429)])
    assert len(ring.recent(HERE)) == 1
    assert sum(minute.count for minute in ring.problems(HERE)) == 2


def test_the_last_calls_come_newest_first() -> None:
    ring.push([delivery(records=1), delivery(records=2)])
    ring.push([delivery(records=3)])
    assert [each.records for each in ring.recent(HERE)] == [3, 2, 1]


def test_a_call_is_seen_in_its_own_environment_alone() -> None:
    ring.push([delivery(environment="playground")])
    assert not ring.recent(HERE) and len(ring.recent("playground")) == 1


def test_a_call_comes_back_as_it_was_pushed() -> None:
    call = delivered(status=422, milliseconds=3.14, types={"search": 2}, lines=["data.0 is invalid. It is odd."])
    assert (call.client, call.key_name, call.status, call.milliseconds) == ("curl", "Shop", 422, 3.1)
    assert call.types == {"search": 2} and call.problems == 1


def test_the_records_of_a_call_are_kept_as_they_were_sent() -> None:
    call = delivered(body=b'{"data": [ {"type" : "search", "user_id":"\\u00e9"} , 7 ]}')
    assert call.sent is not None
    assert call.sent.records == ['{"type" : "search", "user_id":"\\u00e9"}', "7"]


def test_a_body_that_is_no_list_of_records_is_kept_as_text() -> None:
    call = delivered(status=400, body=b'{"data": [')
    assert call.sent is not None
    assert (call.sent.records, call.sent.text) == ([], '{"data": [')


def test_a_large_body_is_cut_between_two_records() -> None:
    call = delivered(body=body_of(*({"type": "search", "user_id": f"u{n}"} for n in range(5000))))
    assert call.sent is not None and call.sent.is_cut
    assert 1000 < len(call.sent.records) < 5000
    assert json.loads(call.sent.records[-1] or "")["type"] == "search"


def test_the_key_in_a_query_is_not_kept(client: redis.Redis) -> None:
    call = delivered(path="/v1/interactions?api_key=dojo_sk_secret&dry_run=1")
    assert call.path == "/v1/interactions?dry_run=1"
    assert b"dojo_sk_secret" not in texts_in(client)


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/v1/interactions"), ("POST", "/v1/interactions/_delete")])
def test_the_people_named_by_a_deletion_are_not_kept(client: redis.Redis, method: str, path: str) -> None:
    assert delivered(method=method, path=path, body=b'{"user_ids":["ann"]}').sent is None
    assert b"ann" not in texts_in(client)


def test_the_types_of_refused_records_are_read_from_them() -> None:
    call = delivered(status=422, types={}, body=body_of({"type": "page_view"}, {"type": "search"}, {"type": "search"}))
    assert call.types == {"page_view": 1, "search": 2}


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("miso-sdk-python/1.3.0", "miso-sdk-python"),
        ("python-requests/2.32.3", "Singer or requests"),
        ("axios/1.7.2", "Node SDK"),
        ("node", "Node"),
        ("curl/8.5.0", "curl"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "Browser SDK"),
        ("Go-http-client/2.0", "Go-http-client"),
        ("", "unknown"),
    ],
)
def test_a_client_is_named_by_its_user_agent(user_agent: str, name: str) -> None:
    assert ring.client_name(user_agent) == name


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("data.3 is invalid. It is odd.", (3, "", "", "It is odd.")),
        ('data.0.timestamp ("x") is invalid. It is no date.', (0, "timestamp", '"x"', "It is no date.")),
        ('data.0.a.1 ("is invalid. (\n)") is invalid. Odd.', (0, "a.1", '"is invalid. (\n)"', "Odd.")),
    ],
)
def test_a_line_is_taken_apart(line: str, read: tuple[int, str, str, str]) -> None:
    found = read_line(line)
    assert (found.record, found.path, found.value, found.rule) == read


# --- Asking ---


def test_calls_are_found_by_status_key_and_type() -> None:
    ring.push(
        [delivery(status=200, types={"search": 1}), delivery(status=422, key_prefix="dojo_pk_x", types={"like": 1})]
    )
    assert [call.status for call in ring.recent(HERE, status="4xx")] == [422]
    assert [call.status for call in ring.recent(HERE, status="200")] == [200]
    assert [call.status for call in ring.recent(HERE, key="dojo_pk_x")] == [422]
    assert [call.status for call in ring.recent(HERE, type="search")] == [200]


def user(identifier: str) -> Person:
    return Person(user_key=identity.keyring().key(identifier))


@pytest.mark.django_db  # the key of ids is proved against the database
def test_calls_are_found_by_the_users_in_them() -> None:
    ring.push([delivery(records=n, body=body_of({"type": "like", "user_id": f"u{n}"})) for n in (1, 11)])
    assert [call.records for call in ring.recent(HERE, person=user("u1"))] == [1]


@pytest.mark.django_db
def test_calls_are_found_by_an_id_however_it_is_spelled() -> None:
    ring.push([delivery(records=7, body=b'{"data":[{"type":"like","user_\\u0069d":"\\u0075 2","anonymous_id":"a"}]}')])
    assert [call.records for call in ring.recent(HERE, person=user("u 2"))] == [7]
    assert ring.recent(HERE, person=Person(anonymous_key=user("u 2").user_key)) == []


def test_before_and_after_leave_out_the_call_they_name() -> None:
    ring.push([delivery(records=n) for n in range(5)])
    calls = ring.recent(HERE)
    assert [call.records for call in ring.recent(HERE, before=calls[2].id)] == [1, 0]
    assert [call.records for call in ring.recent(HERE, after=calls[2].id)] == [4, 3]
    assert len(ring.recent(HERE, limit=2)) == 2


def test_a_filter_looks_beyond_the_first_fifty_calls() -> None:
    ring.push([delivery(status=500), *(delivery() for _ in range(120))])
    assert [call.status for call in ring.recent(HERE, status="500", limit=1)] == [500]


# --- Bounds ---


def test_only_the_last_calls_are_kept(monkeypatch: pytest.MonkeyPatch, client: redis.Redis) -> None:
    monkeypatch.setattr(push, "MOST_CALLS", 10)
    ring.push([delivery(records=n) for n in range(25)])
    assert [call.records for call in ring.recent(HERE)] == list(range(24, 14, -1))
    assert len(list(client.scan_iter("dojo:live:*:sent:*"))) == 10


def test_bodies_over_the_bytes_go_and_their_rows_stay(monkeypatch: pytest.MonkeyPatch, client: redis.Redis) -> None:
    monkeypatch.setattr(push, "MOST_BYTES", 3000)
    ring.push([delivery(body=b'{"data":["%s"]}' % (b"x" * 1000)) for _ in range(9)])
    calls = ring.recent(HERE)
    kept = [ring.get(HERE, call.id).sent is not None for call in calls]  # type: ignore[union-attr]
    assert kept == [True, True, *[False] * 7]
    assert int(client.get("dojo:live:{production}:bytes")) <= 3000


def test_what_is_older_than_a_day_is_neither_shown_nor_kept(
    monkeypatch: pytest.MonkeyPatch, client: redis.Redis
) -> None:
    ring.push([delivery(body=body_of({"user_id": "ann"}))])
    old = ring.recent(HERE)[0].id
    monkeypatch.setattr("interactions.ingest.live.calls.read.SECONDS", 0)
    assert ring.newest(HERE) == 0 and not ring.recent(HERE) and ring.get(HERE, old) is None
    assert 0 < client.ttl(f"dojo:live:{{production}}:sent:{old}") <= 24 * 3600
    monkeypatch.setattr(push, "SECONDS", -1)
    ring.push([delivery(path="/v1/other", body=b"")])
    assert b"ann" not in texts_in(client)


def test_causes_without_end_are_counted_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "_MOST_CAUSES", 3)
    ring.push([delivery(status=422, lines=[f"data.0.k{n} is invalid. Odd." for n in range(10)])])
    counts = {each.cause.path: each.count for each in ring.problems(HERE)}
    assert len(counts) == 4 and counts[""] == 7


# --- Problems over time ---


def test_problems_are_counted_by_cause_and_minute() -> None:
    now = datetime.now(UTC)
    rule = "It must be a string."
    lines = [f"data.0.product_ids.3 (7) is invalid. {rule}", f"data.9.product_ids.0 is invalid. {rule}"]
    ring.push([delivery(at=now, status=422, lines=lines), delivery(at=now - timedelta(minutes=30), status=413)])
    found = [(each.at, each.cause, each.count) for each in ring.problems(HERE)]
    minute = now.replace(second=0, microsecond=0)
    assert found == [
        (minute - timedelta(minutes=30), DeliveryCause("", "The call is too large."), 1),
        (minute, DeliveryCause("product_ids", rule), 2),
    ]
    assert len(ring.problems(HERE, hours=24)) == 2
    assert not ring.problems("playground")


def test_problems_before_the_hours_asked_for_are_left_out() -> None:
    ring.push([delivery(at=datetime.now(UTC) - timedelta(minutes=90), status=413)])
    assert not ring.problems(HERE, hours=1) and len(ring.problems(HERE, hours=2)) == 1


def test_keys_that_clients_choose_are_no_causes_of_their_own() -> None:
    lines = [f"data.0.context.custom_context.{name} is invalid. Odd." for name in ("ann", "bob")]
    ring.push([delivery(status=422, lines=lines)])
    assert [(each.cause.path, each.count) for each in ring.problems(HERE)] == [("context.custom_context.*", 2)]


# --- Erasing ---


def test_an_erased_user_leaves_nothing_behind(client: redis.Redis) -> None:
    records = [{"type": "like", "user_id": "ann", "x": "secret"}, {"type": "like", "user_id": "bob"}]
    lines = ['data.0.x ("secret") is invalid. There is no such field.', "data.1.y is invalid. Odd."]
    ring.push([delivery(status=422, body=body_of(*records), lines=lines)])
    assert ring.count_users(HERE, ["ann"]) == 1
    assert ring.erase_users(HERE, ["ann"]) == 1
    assert ring.count_users(HERE, ["ann"]) == 0
    assert b"ann" not in texts_in(client) and b"secret" not in texts_in(client)
    sent = ring.get(HERE, ring.recent(HERE)[0].id).sent  # type: ignore[union-attr]
    assert sent is not None
    assert sent.records[0] is None and sent.records[1] is not None
    assert [line.record for line in sent.lines] == [1]


@pytest.mark.parametrize("record", [{"userId": "ann"}, {"user_id": ["ann"]}, {"context": {"ann": 1}}])
def test_a_record_that_misnames_its_user_is_erased_too(client: redis.Redis, record: dict[str, Any]) -> None:
    ring.push([delivery(status=422, body=body_of(record))])
    assert ring.erase_users(HERE, ["ann"]) == 1
    assert b"ann" not in texts_in(client)


def test_a_body_that_nobody_can_read_goes_with_the_first_erasure(client: redis.Redis) -> None:
    ring.push([delivery(status=400, body=b'{"data":[{"user_id":"a\\u006en"')])
    ring.erase_users(HERE, ["ann"])
    assert b"a\\u006en" not in texts_in(client)


def test_values_of_records_that_are_not_kept_are_not_kept_either(client: redis.Redis) -> None:
    many = body_of(*({"type": "search", "user_id": f"u{n}"} for n in range(5000)))
    ring.push([delivery(status=422, body=many, lines=['data.4999.user_id ("u4999") is invalid. Odd.'])])
    assert b"u4999" not in texts_in(client)


def test_an_erasure_keeps_the_time_that_is_left(client: redis.Redis) -> None:
    ring.push([delivery(body=body_of({"user_id": "ann"}))])
    key = f"dojo:live:{{production}}:sent:{ring.recent(HERE)[0].id}"
    client.expire(key, 100)
    ring.erase_users(HERE, ["ann"])
    assert 0 < client.ttl(key) <= 100


def test_nothing_of_an_erased_user_is_in_the_file_of_redis(client: redis.Redis) -> None:
    ring.push([delivery(body=body_of({"type": "like", "user_id": "somebody-with-a-name"}))])
    ring.erase_users(HERE, ["somebody-with-a-name"])
    files = files_below(settings.DATA_DIR / "redis")
    contents = [path.read_bytes() for path in files if "appendonly" in path.name]
    assert contents and not any(b"somebody-with-a-name" in content for content in contents)


# --- Redis away ---


@pytest.fixture
def away(settings: Any, tmp_path: Any) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/none.sock"


def test_without_redis_a_push_goes_on_and_says_so_once(away: None, caplog: pytest.LogCaptureFixture) -> None:
    ring.push([delivery()])
    push._away.until = 0.001  # the pause is over
    ring.push([delivery()])
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_without_redis_a_reader_is_told(away: None) -> None:
    for ask in (ring.recent, ring.problems, ring.newest, lambda here: ring.erase_users(here, ["ann"])):
        with pytest.raises(ring.RingAway, match="Redis isn't responding"):
            ask(HERE)


def test_a_call_that_cannot_be_kept_does_not_stop_the_one_who_pushes(caplog: pytest.LogCaptureFixture) -> None:
    ring.push([delivery(key_name=object())])
    assert "could not be put" in caplog.text


def test_a_call_without_a_body_has_nothing_kept_of_it() -> None:
    assert delivered(body=b"").sent is None


def test_the_ring_bounds_are_those_that_the_page_names() -> None:
    assert (connection.MOST_CALLS, connection.SECONDS, connection.MOST_BYTES) == (1000, 86400, 16 << 20)
