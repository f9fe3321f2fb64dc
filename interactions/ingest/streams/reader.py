"""The interface of Kafka and Kinesis clients: messages are read in order from positions in partitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

MOST_BYTES = 16 << 20  # per read, to bound memory; a single large message may exceed it


class Key(NamedTuple):
    """A partition of a Kafka topic, or a shard of a Kinesis stream."""

    topic: str
    partition: str


@dataclass(frozen=True, slots=True)
class Found:
    """An existing partition. Its ``parents`` must be read to their end first."""

    key: Key
    parents: tuple[Key, ...] = ()


@dataclass(slots=True)
class Slice:
    """Messages of one partition in order, and the position ``after`` them. A message without a value is None.

    ``is_last`` means that the partition has ended.
    """

    key: Key
    values: list[bytes | None] = field(default_factory=list)
    offsets: list[int | str] = field(default_factory=list)
    after: str = ""
    is_last: bool = False


class StreamReader(Protocol):
    """A client of one stream. All methods raise StreamAway, with a sentence, if it can't be read now.

    ``place`` is the format of a message's position for users, with topic, partition and offset.
    """

    place: str

    def cluster(self) -> str:
        """An id of the cluster, to distinguish partitions with the same name; empty if there is none."""

    def partitions(self) -> Sequence[Found]:
        """The current partitions. Raises StreamMissing."""

    def first_position(self, key: Key, *, is_new: bool) -> str:
        """The start position in a partition without a position. ``is_new`` if it was added after the start."""

    def assign(self, positions: Mapping[Key, str]) -> None:
        """Read only these partitions from now on, starting at these positions."""

    def read(self, most: int, seconds: float) -> list[Slice]:
        """Read up to ``most`` messages, or those available after ``seconds``."""

    def behind(self, key: Key, position: str) -> int | None:
        """The lag of a partition in messages (Kafka) or ms (Kinesis); None if unknown."""

    def trouble(self) -> str:
        """The current problem as a sentence; empty if there is none."""

    def commit(self, positions: Mapping[Key, str]) -> None:
        """Commit positions to the broker, for tools that read them there. Never raises."""

    def close(self) -> None: ...


Open = Callable[[], StreamReader]
