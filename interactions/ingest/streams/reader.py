"""What Kafka and Kinesis have in common: partitions, from which messages are read in order, and positions in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

MOST_BYTES = 16 << 20  # of messages that are read at once: they bound the memory, and a large message may be over it


class Key(NamedTuple):
    """A partition of a topic, or a shard of a stream of Kinesis."""

    topic: str
    partition: str


@dataclass(frozen=True, slots=True)
class Found:
    """A partition that there is. Those before it, its ``parents``, have to be read to their end first."""

    key: Key
    parents: tuple[Key, ...] = ()


@dataclass(slots=True)
class Slice:
    """Messages of one partition in order, and the position ``after`` them. A message without a value is None.

    ``is_last``: the partition has ended, and nothing comes after them.
    """

    key: Key
    values: list[bytes | None] = field(default_factory=list)
    offsets: list[int | str] = field(default_factory=list)
    after: str = ""
    is_last: bool = False


class StreamReader(Protocol):
    """A client of one stream. All raise StreamAway, in a sentence, where it can't be read now.

    ``place`` names a message, for people: the format of topic, partition and offset.
    """

    place: str

    def cluster(self) -> str:
        """What tells its partitions from those of the same name elsewhere; empty where nothing does."""

    def partitions(self) -> Sequence[Found]:
        """The partitions that there are now. Raises StreamMissing."""

    def first_position(self, key: Key, *, is_new: bool) -> str:
        """Where to begin with a partition that was never read; ``is_new``: it came while the others were read."""

    def assign(self, positions: Mapping[Key, str]) -> None:
        """Read these partitions from now on, from these positions, and no others."""

    def read(self, most: int, seconds: float) -> list[Slice]:
        """Up to ``most`` messages, or what there is after ``seconds``."""

    def behind(self, key: Key, position: str) -> int | None:
        """How many messages, or milliseconds, a partition's end is ahead; None where nobody knows."""

    def trouble(self) -> str:
        """What keeps it from reading just now, as a sentence; empty where all is well."""

    def commit(self, positions: Mapping[Key, str]) -> None:
        """Tell the broker how far it was read, for those who look there. Never raises."""

    def close(self) -> None: ...


Open = Callable[[], StreamReader]
