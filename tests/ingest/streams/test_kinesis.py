"""A stream of Kinesis, read from a real server of its protocol: shards, and what becomes of them."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from interactions.ingest.streams import change, kinesis, leases
from interactions.ingest.streams import consumer as consumer_module
from interactions.ingest.streams.change import Description
from interactions.ingest.streams.errors import StreamMissing
from interactions.models import Connection, Environment, KeptEvent, Stream, StreamPosition
from tests.ingest.streams.brokers import BROKEN, MESSAGES, like, messages
from tests.ingest.streams.house import consume, reading, users
from tests.processes import HOUSE, wait_for

SERVER = """
require("./node_modules/kinesalite")({createStreamMs: 5, updateStreamMs: 5})
  .listen(0, "127.0.0.1", function () { console.log(this.address().port) })
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    node = shutil.which("node", path=f"{os.environ['PATH']}:{Path(sys.executable).parent}")
    assert node, "There is no Node: make test installs it."
    server = subprocess.Popen(
        [node, "-e", SERVER], cwd=HOUSE / ".build" / "clients", stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert server.stdout is not None
    yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    server.kill()
    server.communicate()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setattr(kinesis, "_IDLE_SECONDS", 0.1)
    monkeypatch.setattr(kinesis, "_READ_SECONDS", 0.02)
    monkeypatch.setattr(consumer_module, "_FIND_SECONDS", 0.5)
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.5)


@pytest.fixture
def client(address: str, patience: None) -> Any:
    return boto3.client("kinesis", endpoint_url=address, region_name="eu-central-1")


@pytest.fixture
def name(client: Any) -> str:
    """A stream of the test's own, with two shards."""
    name = f"shop-{secrets.token_hex(4)}"
    client.create_stream(StreamName=name, ShardCount=2)
    client.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    return name


@pytest.fixture
def send(client: Any, name: str) -> Callable[..., None]:
    def put(*values: bytes) -> None:
        records = [{"Data": value, "PartitionKey": f"{number}"} for number, value in enumerate(values)]
        for start in range(0, len(records), 500):
            client.put_records(StreamName=name, Records=records[start : start + 500])

    return put


@pytest.fixture
def stream(production: Environment, name: str, address: str) -> Connection:
    return change.create(
        production, Description("kinesis", (name,), region="eu-central-1", endpoint_url=address), name="Shop"
    )


def test_messages_are_stored_once_over_several_starts(send: Any, stream: Connection) -> None:
    send(*(like(f"first {number}") for number in range(60)), b'{"type":"like"')
    with reading(stream) as consumer:
        wait_for(lambda: consumer.counts.interactions == 60 and consumer.counts.refused == 1)
    send(*(like(f"second {number}") for number in range(60)))
    with reading(stream) as again:
        wait_for(lambda: again.counts.interactions == 60)
    assert sum(users().values()) == len(users()) == 120
    (kept,) = KeptEvent.objects.all()
    assert (
        kept.place.startswith(f"Stream {stream.stream.topics[0]}, shard shardId-") and "sequence number" in kept.place
    )


def test_split_and_merged_shards_are_read_on_parents_first(
    client: Any, name: str, send: Any, stream: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reading(stream) as consumer:
        send(*(like(f"before {number}") for number in range(20)))
        wait_for(lambda: consumer.counts.interactions == 20)
        shards = client.list_shards(StreamName=name)["Shards"]
        span = shards[0]["HashKeyRange"]
        middle = (int(span["StartingHashKey"]) + int(span["EndingHashKey"])) // 2
        client.split_shard(StreamName=name, ShardToSplit=shards[0]["ShardId"], NewStartingHashKey=str(middle))
        client.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
        send(*(like(f"split {number}") for number in range(20)))
        wait_for(lambda: consumer.counts.interactions == 40, because=lambda: consumer.problem)
        left, right = [each["ShardId"] for each in client.list_shards(StreamName=name)["Shards"]][-2:]
        client.merge_shards(StreamName=name, ShardToMerge=left, AdjacentShardToMerge=right)
        client.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
        send(*(like(f"merged {number}") for number in range(20)))
        wait_for(lambda: consumer.counts.interactions == 60, because=lambda: consumer.problem)
    assert sum(users().values()) == len(users()) == 60
    ended = StreamPosition.objects.filter(is_ended=True).values_list("partition", flat=True)
    assert set(ended) == {shards[0]["ShardId"], left, right}


def test_a_start_with_the_latest_leaves_out_what_was_there(
    send: Any, production: Environment, name: str, address: str
) -> None:
    send(*[like("before")] * 5)
    described = Description("kinesis", (name,), region="eu-central-1", endpoint_url=address, start="latest")
    with reading(change.create(production, described)) as consumer:
        wait_for(lambda: StreamPosition.objects.filter(behind=0).count() == 2)  # both were looked into
        send(*[like("after")] * 5)
        wait_for(lambda: consumer.counts.interactions == 5)
    assert users() == {"after": 5}


def test_a_stream_that_does_not_exist_is_named(production: Environment, address: str) -> None:
    described = Description("kinesis", ("nowhere",), region="eu-central-1", endpoint_url=address)
    made = change.create(production, described)
    reader = consumer_module.reader_of(made.stream)
    with pytest.raises(StreamMissing, match='The stream "nowhere" doesn\'t exist in'):
        reader.partitions()
    with reading(made) as consumer:
        wait_for(lambda: "doesn't exist" in consumer.problem)


def test_a_server_that_is_away_is_named(production: Environment) -> None:
    described = Description("kinesis", ("shop",), region="eu-central-1", endpoint_url="http://127.0.0.1:9")
    made = change.create(production, described)
    with reading(made) as consumer:
        wait_for(lambda: "Kinesis doesn't answer in http://127.0.0.1:9" in consumer.problem)
    assert "Dojo keeps trying." in Stream.objects.get(pk=made.pk).problem


@pytest.mark.slow
def test_the_command_reads_it_until_nothing_comes(production: Environment, send: Any, name: str, address: str) -> None:
    send(*(like(f"{number}") for number in range(300)))
    command = consume("kinesis", "--stream", name, "--endpoint-url", address, "--idle", "2")
    out, said = command.communicate(timeout=60)
    assert command.returncode == 0, said
    assert '"interactions": 300' in out.splitlines()[-1]
    assert sum(users().values()) == len(users()) == 300


@pytest.mark.slow
def test_each_record_is_stored_once_although_its_reader_is_killed(
    production: Environment, send: Any, name: str, address: str
) -> None:
    send(*messages())
    asked = ("kinesis", "--stream", name, "--endpoint-url", address)
    killed = consume(*asked)
    try:
        wait_for(lambda: users(), seconds=60, pause=0.001)
    finally:
        killed.kill()
        killed.communicate()
    StreamPosition.objects.update(until=None)  # rather than wait until its leases run out
    last = consume(*asked, "--idle", "4")
    _, said = last.communicate(timeout=120)
    assert last.returncode == 0, said
    found = users()
    assert len(found) == sum(found.values()) == MESSAGES - len(BROKEN)
    assert KeptEvent.objects.filter(outcome="refused").count() == len(BROKEN)
