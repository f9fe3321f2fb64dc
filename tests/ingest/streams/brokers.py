"""Real Kafkas: librdkafka's cluster for tests, with what its client for Python doesn't show, and noida-db."""

from __future__ import annotations

import ctypes
import json
import subprocess
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import confluent_kafka
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from tests.processes import free_port, wait_for

_PRODUCER = 0

MESSAGES = 100_000
BROKEN = {number * MESSAGES // 10 + 7 for number in range(10)}
"""Of :func:`messages`, those that aren't JSON."""


def _library() -> Any:
    """The client's own library, which is loaded already."""
    folder = Path(confluent_kafka.__file__).parent.parent / "confluent_kafka.libs"
    library = ctypes.CDLL(str(next(folder.glob("librdkafka*.so*"))))
    for name, answers, *takes in (
        ("rd_kafka_new", ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t),
        ("rd_kafka_destroy", None, ctypes.c_void_p),
        ("rd_kafka_mock_cluster_new", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int),
        ("rd_kafka_mock_cluster_destroy", None, ctypes.c_void_p),
        ("rd_kafka_mock_cluster_bootstraps", ctypes.c_char_p, ctypes.c_void_p),
        ("rd_kafka_mock_topic_create", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int),
        ("rd_kafka_mock_topic_delete", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p),
        ("rd_kafka_mock_broker_set_down", ctypes.c_int, ctypes.c_void_p, ctypes.c_int32),
        ("rd_kafka_mock_broker_set_up", ctypes.c_int, ctypes.c_void_p, ctypes.c_int32),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = answers, takes
    return library


class Cluster:
    """One broker on a port of its own; ``servers`` is its address."""

    def __init__(self) -> None:
        self._library = _library()
        self._client = self._library.rd_kafka_new(_PRODUCER, None, None, 0)
        self._mock = self._library.rd_kafka_mock_cluster_new(self._client, 1)
        self.servers = self._library.rd_kafka_mock_cluster_bootstraps(self._mock).decode()

    def create(self, topic: str, partitions: int = 4) -> str:
        assert self._library.rd_kafka_mock_topic_create(self._mock, topic.encode(), partitions, 1) == 0
        return topic

    def delete(self, topic: str) -> None:
        assert self._library.rd_kafka_mock_topic_delete(self._mock, topic.encode()) == 0

    def go_down(self) -> None:
        self._library.rd_kafka_mock_broker_set_down(self._mock, 1)

    def come_up(self) -> None:
        self._library.rd_kafka_mock_broker_set_up(self._mock, 1)

    def send(self, topic: str, values: Iterable[bytes | None], partitions: int = 4) -> None:
        send(self.servers, topic, values, partitions)

    def end(self) -> None:
        self._library.rd_kafka_mock_cluster_destroy(self._mock)
        self._library.rd_kafka_destroy(self._client)


class Noida:
    """A Kafka of another make than the client, as a process of its own that keeps what it's sent in ``folder``."""

    def __init__(self, folder: Path) -> None:
        program = str(Path(str(find_spec("noida_db").submodule_search_locations[0]), "noida-db"))  # type: ignore[union-attr,index]
        Path(program).chmod(0o755)
        port = free_port()
        self.servers = f"127.0.0.1:{port}"
        self._process = subprocess.Popen(
            [program, "start", "--only", "kafka", "--kafka-port", str(port), "--data-dir", str(folder)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._admin = AdminClient({"bootstrap.servers": self.servers, "log_level": 2})
        wait_for(self._answers)

    def _answers(self) -> bool:
        try:
            return bool(self._admin.list_topics(timeout=1).brokers)
        except confluent_kafka.KafkaException:
            return False

    def create(self, topic: str, partitions: int = 4) -> str:
        for made in self._admin.create_topics([NewTopic(topic, partitions, 1)]).values():
            made.result(10)
        return topic

    def send(self, topic: str, values: Iterable[bytes | None], partitions: int = 4) -> None:
        send(self.servers, topic, values, partitions)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


def send(servers: str, topic: str, values: Iterable[bytes | None], partitions: int = 4) -> None:
    """Send messages to partitions in turn; returns when all are there."""
    failed: list[Any] = []
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 5, "log_level": 2, "message.max.bytes": 20_000_000})
    for number, value in enumerate(values):
        while True:
            try:
                producer.produce(
                    topic,
                    value,
                    partition=number % partitions,
                    on_delivery=lambda error, _: error and failed.append(error),
                )
                break
            except BufferError:  # the client holds as many as it takes
                producer.poll(0.1)
        producer.poll(0)
    assert producer.flush(30) == 0
    assert not failed, failed[0]


def like(user: str, **more: Any) -> bytes:
    """An interaction in Dojo's own form."""
    return json.dumps({"type": "like", "user_id": user, **more}).encode()


def messages() -> list[bytes]:
    """Interactions of as many users, a few of them broken."""
    return [b'{"type":"like","user_id":' if number in BROKEN else like(f"{number}") for number in range(MESSAGES)]


def wait_until_known(cluster: Cluster, topic: str) -> None:
    """Until the broker says that there is such a topic."""
    producer = Producer({"bootstrap.servers": cluster.servers, "log_level": 2})
    wait_for(lambda: topic in producer.list_topics(timeout=5).topics)
