"""How the tests read a file with the codec: whole, in blocks, or one record through the rule book."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from interactions.codec import export, source
from interactions.codec.origin import Origin
from interactions.codec.reader import Batch, Reader
from interactions.codec.split import plan
from interactions.codec.split.windows import ByteRange, Unsound
from interactions.contract import schema
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.keyring import Keyring

Record = dict[str, Any]

RECEIVED = datetime(2025, 3, 1, 12, 30, 0, 250_000, tzinfo=UTC)
KEYRING = Keyring(b"a secret")
LONGEST = 1 << 20


@dataclass
class Outcome:
    """What a file was found to hold. ``rejected`` are (index, offset, rules)."""

    tables: list[pa.Table] = field(default_factory=list)
    rejected: list[tuple[int, int, list[str]]] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    records: int = 0
    size: int = 0

    @property
    def table(self) -> pa.Table:
        return pa.concat_tables([TABLE_SCHEMA.empty_table(), *self.tables])

    @property
    def accepted(self) -> list[Record]:
        return list(export.records(self.table))

    @property
    def rules(self) -> list[str]:
        return [rule for _, _, rules in self.rejected for rule in rules]

    @property
    def offsets(self) -> list[int]:
        return [offset for _, offset, _ in self.rejected]

    def add(self, batch: Batch) -> None:
        self.tables += batch.tables
        for rejected in batch.rejected:
            rules = [f"{each.path}: {each.rule}" if each.path else each.rule for each in rejected.violations]
            self.rejected.append((rejected.index, rejected.offset, rules))
            self.texts.append(rejected.text)
            self.values += [each.value for each in rejected.violations]
        self.records += batch.records
        self.size += batch.size


def reader(longest: int = LONGEST) -> Reader:
    return Reader(Origin(7, RECEIVED), KEYRING, longest=longest)


def read_run(text: bytes, run: ByteRange, *, longest: int = LONGEST) -> Outcome:
    """One run of a file. Raises Unsound."""
    outcome = Outcome()
    for batch in reader(longest).read(io.BytesIO(text), run):
        outcome.add(batch)
    assert outcome.size == run.end - run.start
    assert outcome.records == outcome.table.num_rows + len(outcome.rejected)
    return outcome


def read_file(text: bytes, *, longest: int = LONGEST) -> Outcome:
    """A file as one run."""
    shape = source.shape_of(io.BytesIO(text))
    return read_run(text, ByteRange(0, len(text), len(text), shape.inside), longest=longest)


def read_blocks(text: bytes, size: int, *, longest: int = LONGEST) -> Outcome:
    """A file cut into blocks, as an import reads it: an unsound run takes over all that follow it."""
    file = io.BytesIO(text)
    shape = source.shape_of(file)
    whole = Outcome()
    for start, end in plan.blocks(file, shape, len(text), size=size):
        try:
            part = read_run(text, ByteRange(start, end, len(text), shape.inside), longest=longest)
        except Unsound:
            end = len(text)
            part = read_run(text, ByteRange(start, end, len(text), shape.inside), longest=longest)
        whole.tables += part.tables
        whole.rejected += [(whole.records + index, offset, rules) for index, offset, rules in part.rejected]
        whole.texts += part.texts
        whole.values += part.values
        whole.records += part.records
        whole.size += part.size
        if end == len(text):
            break
    return whole


def read_lines(raws: Iterable[bytes]) -> Outcome:
    """Records one a line, whatever the first of them looks like."""
    text = b"\n".join(raws)
    return read_run(text, ByteRange(0, len(text), len(text)))


def fingerprint(record: Record | bytes) -> bytes:
    """The fingerprint of one good record."""
    outcome = read_lines([record if isinstance(record, bytes) else json.dumps(record).encode()])
    assert outcome.rules == []
    found: bytes = outcome.table["fingerprint"][0].as_py()
    return found


def plain(record: Record) -> str:
    """What a record says, however it is spelled: equal text for equal records."""
    said = {key: value for key, value in record.items() if key != schema.NOTE}
    said = {key: value for key, value in said.items() if value != "" or key not in ("user_id", "anonymous_id")}
    said["timestamp"] = (
        datetime.fromisoformat(said.get("timestamp") or RECEIVED.isoformat()).astimezone(UTC).isoformat()
    )
    return json.dumps(_plain(said), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def same(one: Outcome, other: Outcome) -> None:
    """Assert that the same was found in both, wherever they were cut."""
    assert one.rejected == other.rejected
    assert one.records == other.records
    assert one.table.combine_chunks() == other.table.combine_chunks()
