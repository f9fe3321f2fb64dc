"""Read Kafka topics. Partitions are assigned by our leases instead of consumer groups, and positions are in our
database."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from interactions.ingest.streams.errors import ClientMissing, StreamAway, StreamMissing
from interactions.ingest.streams.reader import MOST_BYTES, Found, Key, Slice
from interactions.models import Stream

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

logger = logging.getLogger(__name__)

_ASK_SECONDS: Final = 4.0  # shorter than a lease, because leases aren't renewed meanwhile
_AT_ONCE: Final = 500  # messages taken from the client's queue per call


class KafkaReader:
    place = "Topic {}, partition {}, offset {}"

    def __init__(self, stream: Stream) -> None:
        """Raises ClientMissing, or StreamAway if Kafka doesn't accept a setting."""
        try:
            import confluent_kafka
        except ImportError:
            raise ClientMissing("confluent-kafka") from None
        self._kafka = confluent_kafka
        self._servers = ", ".join(stream.server_list)
        self._topics = list(stream.topics)
        self._starts_now = stream.start == Stream.Start.LATEST
        self._trouble = self._news = ""
        self._largest = 1024
        self._from: dict[Key, int] = {}
        try:
            self._consumer: Consumer = confluent_kafka.Consumer(self._configuration(stream))
        except confluent_kafka.KafkaException as error:
            raise StreamAway(f"The settings for Kafka can't be used: {_words(error)}.") from error

    def _configuration(self, stream: Stream) -> dict[str, Any]:
        return {
            **settings.KAFKA_CLIENT,
            "bootstrap.servers": stream.servers,
            "group.id": stream.group,
            "client.id": "dojo",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",  # so that messages deleted before they were read are reported
            "allow.auto.create.topics": False,
            "max.poll.interval.ms": 86_400_000,  # we don't poll while the inbox is full
            "queued.max.messages.kbytes": MOST_BYTES >> 10,
            "fetch.queue.backoff.ms": 20,
            "fetch.wait.max.ms": 200,
            "error_cb": self._failed,
            "log_level": 2,  # errors go to error_cb instead
        }

    def _failed(self, error: KafkaError) -> None:
        kafka = self._kafka.KafkaError
        if error.code() in (kafka._ALL_BROKERS_DOWN, kafka._TRANSPORT, kafka._RESOLVE):
            self._trouble = f"No broker of {self._servers} answers. Dojo keeps trying."
        elif error.code() == kafka._AUTHENTICATION:
            self._trouble = f"{self._servers} refuses the log-in. Check the settings KAFKA_SASL_…"
        elif error.code() == kafka._SSL:
            self._trouble = f"No secure connection to {self._servers}. Check the settings KAFKA_SSL_…"
        elif error.fatal():
            self._trouble = f"Kafka's client has failed: {error.name()}."

    def trouble(self) -> str:
        news, self._news = self._news, ""  # problems that are over are reported once
        return news or self._trouble

    def cluster(self) -> str:
        return self._ask().cluster_id or ""

    def partitions(self) -> Sequence[Found]:
        known = self._ask().topics
        found: list[Found] = []
        missing = []
        for name in self._topics:
            topic = known.get(name)
            if topic is None or (topic.error is not None and not topic.partitions):
                missing.append(name)
                continue
            found += [Found(Key(name, str(number))) for number in sorted(topic.partitions)]
        if missing and not found:
            raise StreamMissing(self._says_missing(missing))
        if missing:
            self._trouble = self._says_missing(missing)
        return found

    def _says_missing(self, topics: Sequence[str]) -> str:
        named = ", ".join(f'"{name}"' for name in topics)
        subject = f"The topic {named} doesn't" if len(topics) == 1 else f"The topics {named} don't"
        return f"{subject} exist on {self._servers}, or this user may not read it. Check its name."

    def _ask(self) -> Any:
        """The cluster's metadata. Raises StreamAway."""
        try:
            found = self._consumer.list_topics(timeout=_ASK_SECONDS)
        except self._kafka.KafkaException as error:
            self._consumer.poll(0)  # so that the client reports the reason
            raise StreamAway(self._trouble or f"No broker of {self._servers} answers. Dojo keeps trying.") from error
        self._trouble = ""
        return found

    def first_position(self, key: Key, *, is_new: bool) -> str:
        if not self._starts_now or is_new:
            return ""
        return str(self._ends(key)[1])

    def _ends(self, key: Key) -> tuple[int, int]:
        """The first and the next offset of a partition. Raises StreamAway."""
        try:
            ends = self._consumer.get_watermark_offsets(self._spot(key), timeout=_ASK_SECONDS)
        except self._kafka.KafkaException as error:
            raise StreamAway(f"Kafka doesn't say where topic {key.topic} ends: {_words(error)}.") from error
        if ends is None:
            raise StreamAway(f"No broker of {self._servers} answers. Dojo keeps trying.")
        return ends

    def _spot(self, key: Key, offset: int | None = None) -> TopicPartition:
        spot = self._kafka.TopicPartition
        return spot(key.topic, int(key.partition)) if offset is None else spot(key.topic, int(key.partition), offset)

    def assign(self, positions: Mapping[Key, str]) -> None:
        self._from = {key: int(position or 0) for key, position in positions.items()}
        beginning = self._kafka.OFFSET_BEGINNING
        spots = [self._spot(key, int(position) if position else beginning) for key, position in positions.items()]
        if spots:
            self._consumer.assign(spots)
        else:
            self._consumer.unassign()

    def read(self, most: int, seconds: float) -> list[Slice]:
        slices: dict[tuple[str, int], Slice] = {}
        size, taken = 0, 0
        while taken < most and size < MOST_BYTES:
            at_once = min(_AT_ONCE, most - taken, max(1, (MOST_BYTES - size) // self._largest))
            messages = self._consumer.consume(at_once, seconds if not taken else 0.005)
            if not messages:
                break
            taken += len(messages)
            size += self._sort(messages, slices)
        return [each for each in slices.values() if each.values or each.after]

    def _sort(self, messages: Sequence[Message], slices: dict[tuple[str, int], Slice]) -> int:
        """Add messages to their slices, except those before a partition's position. Returns their size in bytes."""
        size = largest = 0
        for message in messages:
            error = message.error()
            if error is not None:
                self._complain(error, message)
                continue
            place: Any = (message.topic(), message.partition())
            found = slices.get(place)
            if found is None:
                found = slices[place] = Slice(Key(place[0], str(place[1])))
            offset: Any = message.offset()
            if offset < self._from.get(found.key, 1 << 63):
                continue
            value: Any = message.value()
            found.values.append(value)
            found.offsets.append(offset)
            length = len(value) if value is not None else 0
            size += length
            largest = max(largest, length)
        self._largest = max(largest, self._largest // 2, 1024)
        for found in slices.values():
            if found.offsets:
                last: Any = found.offsets[-1]
                found.after = str(last + 1)
                self._from[found.key] = last + 1
        if size:
            self._trouble = ""
        return size

    def _complain(self, error: KafkaError, message: Message) -> None:
        """Raise StreamAway if the partition has to be started again."""
        kafka = self._kafka.KafkaError
        topic, partition = str(message.topic()), str(message.partition())
        if error.code() in (kafka._AUTO_OFFSET_RESET, kafka.OFFSET_OUT_OF_RANGE):
            self._skip_what_went(Key(topic, partition))
        elif error.code() == kafka.TOPIC_AUTHORIZATION_FAILED:
            self._trouble = f"This user may not read topic {topic}."
        elif error.code() in (kafka.UNKNOWN_TOPIC_OR_PART, kafka._UNKNOWN_TOPIC, kafka._UNKNOWN_PARTITION):
            self._trouble = self._says_missing([topic])
        else:
            self._trouble = f"Topic {topic}, partition {partition} can't be read: {error.name()}."

    def _skip_what_went(self, key: Key) -> None:
        """Continue with the oldest available message, because earlier ones were deleted unread."""
        first, _ = self._ends(key)
        before = self._from.get(key, 0)
        self._news = (
            f"Messages of topic {key.topic}, partition {key.partition} were deleted before they were read. Dojo was at"
            f" offset {before} and continues at {first}."
        )
        logger.warning(self._news)
        self._from[key] = first
        self._consumer.incremental_unassign([self._spot(key)])
        self._consumer.incremental_assign([self._spot(key, first)])

    def behind(self, key: Key, position: str) -> int | None:
        with suppress(self._kafka.KafkaException):
            ends = self._consumer.get_watermark_offsets(self._spot(key), cached=True)
            if ends is not None and ends[1] >= 0:
                return max(0, ends[1] - int(position or max(0, ends[0])))
        return None

    def commit(self, positions: Mapping[Key, str]) -> None:
        spots = [self._spot(key, int(position)) for key, position in positions.items() if position]
        try:
            if spots:
                self._consumer.commit(offsets=spots, asynchronous=True)
        except self._kafka.KafkaException as error:
            logger.info("Kafka doesn't take the positions of a group, which only tools see: %s", _words(error))

    def close(self) -> None:
        self._consumer.close()


def _words(error: Exception) -> str:
    """The error message of Kafka's client, without a full stop."""
    said = error.args[0] if error.args else error
    return str(said.str() if hasattr(said, "str") else said).rstrip(".")
