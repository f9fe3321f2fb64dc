"""Read a Kinesis stream: one loop for all leased shards. A shard's parents are read before it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from interactions.ingest.streams.errors import ClientMissing, StreamAway, StreamMissing
from interactions.ingest.streams.reader import MOST_BYTES, Found, Key, Slice
from interactions.models import Stream

_READ_SECONDS: Final = 0.21  # between two reads of a shard: Kinesis allows five per second for all readers
_IDLE_SECONDS: Final = 1.0  # if the last read returned everything
_THROTTLED_SECONDS: Final = 1.0
_MOST_RECORDS: Final = 10_000  # per call
_MOMENT: Final = "@"  # the prefix of a position that is a time, because nothing has been read yet
_THROTTLED: Final = {"ProvisionedThroughputExceededException", "LimitExceededException", "KMSThrottlingException"}


@dataclass(slots=True)
class _Shard:
    """A leased shard: its position, the service's iterator, and when it may be read again."""

    key: Key
    position: str
    iterator: str = ""
    due: float = 0.0
    behind: int | None = None


class KinesisReader:
    place = "Stream {}, shard {}, sequence number {}"

    def __init__(self, stream: Stream) -> None:
        """Raises ClientMissing, or StreamAway if the region is unknown."""
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError:
            raise ClientMissing("boto3") from None
        self._errors = (BotoCoreError, ClientError)
        self._name: str = stream.topics[0]
        self._where = stream.endpoint_url or stream.region or "the region of AWS's settings"
        self._starts_now = stream.start == Stream.Start.LATEST
        self._now = f"{_MOMENT}{time.time():.3f}"
        self._shards: dict[Key, _Shard] = {}
        self._trouble = ""
        patience = Config(connect_timeout=4, read_timeout=10, retries={"max_attempts": 2})
        with self._spoken():
            self._client: Any = boto3.session.Session().client(
                "kinesis",
                region_name=stream.region or None,
                endpoint_url=stream.endpoint_url or None,
                config=patience,
            )

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        """Turn the client's exceptions into StreamAway with our own sentence, because theirs may contain account
        numbers."""
        try:
            yield
        except self._errors as error:
            raise self._away(error) from error

    def _away(self, error: Exception) -> StreamAway:
        code, name = _code(error), type(error).__name__
        if code == "ResourceNotFoundException":
            return StreamMissing(
                f'The stream "{self._name}" doesn\'t exist in {self._where}. Check its name and region.'
            )
        if name in ("NoCredentialsError", "PartialCredentialsError"):
            return StreamAway(
                "There are no AWS credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role."
            )
        if name in ("NoRegionError", "InvalidRegionError"):
            return StreamAway("The AWS region of the stream is unknown. Set the region, or AWS_REGION.")
        if code in _THROTTLED:
            return StreamAway(f'The stream "{self._name}" has too many readers. Dojo keeps trying.')
        if code:
            return StreamAway(
                f'AWS refuses to read the stream "{self._name}" ({code}). Check the credentials and rights.'
            )
        return StreamAway(f"Kinesis doesn't answer in {self._where} ({name}). Dojo keeps trying.")

    def trouble(self) -> str:
        return self._trouble

    def cluster(self) -> str:
        """The stream's ARN and creation time, because a recreated stream with the same name has the same shard ids."""
        with self._spoken():
            summary = self._client.describe_stream_summary(StreamName=self._name)["StreamDescriptionSummary"]
        made = summary.get("StreamCreationTimestamp")
        return f"{summary['StreamARN']} {int(made.timestamp()) if made else ''}".strip()

    def partitions(self) -> Sequence[Found]:
        shards: list[dict[str, Any]] = []
        asked: dict[str, str] = {"StreamName": self._name}
        while asked:
            with self._spoken():
                answer = self._client.list_shards(**asked)
            shards += answer["Shards"]
            asked = {"NextToken": answer["NextToken"]} if answer.get("NextToken") else {}
        there = {str(shard["ShardId"]): Key(self._name, shard["ShardId"]) for shard in shards}
        return [Found(there[shard["ShardId"]], _parents(shard, there)) for shard in shards]

    def first_position(self, key: Key, *, is_new: bool) -> str:
        return self._now if self._starts_now and not is_new else ""

    def assign(self, positions: Mapping[Key, str]) -> None:
        before = self._shards
        self._shards = {}
        for key, position in positions.items():
            known = before.get(key)
            is_there = known is not None and known.position == position
            self._shards[key] = known if is_there and known else _Shard(key, position)

    def read(self, most: int, seconds: float) -> list[Slice]:
        slices: list[Slice] = []
        size, taken = 0, 0
        now = time.monotonic()
        due = [shard for shard in self._shards.values() if shard.due <= now]
        if not due:
            first = min((shard.due for shard in self._shards.values()), default=now + seconds)
            time.sleep(max(0.0, min(first - now, seconds)))
            return []
        for shard in sorted(due, key=lambda each: each.due):
            if taken >= most or size >= MOST_BYTES:
                break
            found = self._read(shard, most - taken)
            if found.values or found.is_last:
                slices.append(found)
                taken += len(found.values)
                size += sum(len(value) for value in found.values if value is not None)
        return slices

    def _read(self, shard: _Shard, most: int) -> Slice:
        """Read the next messages of a shard, and advance its position."""
        found = Slice(shard.key, after=shard.position)
        try:
            shard.iterator = shard.iterator or self._iterator(shard)
            answer = self._client.get_records(ShardIterator=shard.iterator, Limit=min(most, _MOST_RECORDS))
        except self._errors as error:
            self._failed(shard, error)
            return found
        records = answer["Records"]
        found.values = [record["Data"] for record in records]
        found.offsets = [record["SequenceNumber"] for record in records]
        if records:
            shard.position = found.after = records[-1]["SequenceNumber"]
        shard.iterator = answer.get("NextShardIterator") or ""
        found.is_last = not shard.iterator
        shard.behind = answer.get("MillisBehindLatest")
        is_idle = not records and not shard.behind
        shard.due = time.monotonic() + (_IDLE_SECONDS if is_idle else _READ_SECONDS)
        self._trouble = ""
        return found

    def _failed(self, shard: _Shard, error: Exception) -> None:
        """Handle an error of a shard. Raises StreamAway if it affects the whole stream."""
        shard.iterator = ""
        shard.due = time.monotonic() + _THROTTLED_SECONDS
        code = _code(error)
        if code in _THROTTLED:
            self._trouble = str(self._away(error))
        elif code == "InvalidArgumentException":
            self._trouble = f"Shard {shard.key.partition} can't be read from where Dojo was, sequence {shard.position}."
        elif code not in ("ExpiredIteratorException", "ResourceNotFoundException"):  # expired shards aren't listed
            raise self._away(error) from error

    def _iterator(self, shard: _Shard) -> str:
        asked: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard.position == self._now:
            asked = {"ShardIteratorType": "LATEST"}  # instead of a time, which may be in the future by Amazon's clocks
        elif shard.position.startswith(_MOMENT):
            asked = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": float(shard.position[1:])}
        elif shard.position:
            asked = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": shard.position}
        answer = self._client.get_shard_iterator(StreamName=self._name, ShardId=shard.key.partition, **asked)
        return str(answer["ShardIterator"])

    def behind(self, key: Key, position: str) -> int | None:
        shard = self._shards.get(key)
        return shard.behind if shard else None

    def commit(self, positions: Mapping[Key, str]) -> None:
        """Kinesis keeps no positions."""

    def close(self) -> None:
        self._client.close()


def _parents(shard: dict[str, Any], there: Mapping[str, Key]) -> tuple[Key, ...]:
    """The shards that were split or merged into this one, if their records are still available."""
    named = (str(shard.get(name)) for name in ("ParentShardId", "AdjacentParentShardId"))
    return tuple(there[name] for name in named if name in there)


def _code(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
