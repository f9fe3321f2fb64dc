"""Accepted calls as rows of the table: their original text is parsed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.codec.origin import SAID_LATER, Origin
from interactions.codec.reader import Reader
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.keyring import Keyring

_LIVE = Origin(0, None)


@dataclass(frozen=True, slots=True)
class Kept:
    """An accepted call: its text, the number of records in it, and when it was received (UTC)."""

    text: bytes
    records: int
    received_at: datetime


def to_rows(calls: Sequence[Kept], keyring: Keyring) -> pa.Table:
    """The records of calls, at least one, as one table in order.

    Raises ValueError if a record isn't what was accepted, which would be a bug.
    """
    counts = [call.records for call in calls]
    text = b",".join(call.text for call in calls)
    batches = Reader(_LIVE, keyring, longest=len(text) + 1).read_values(text)
    table = pa.concat_tables([TABLE_SCHEMA.empty_table(), *(table for batch in batches for table in batch.tables)])
    if table.num_rows != sum(counts):
        raise ValueError(f"{sum(counts)} records were accepted, and {table.num_rows} can be read.")
    moment = TABLE_SCHEMA.field("received_at").type
    received = pa.array([call.received_at for call in calls], moment).take(np.repeat(np.arange(len(calls)), counts))
    stamps = table["timestamp"].combine_chunks()
    untimed = pc.equal(stamps.cast(pa.int64()), SAID_LATER)
    table = _with(table, "received_at", received)
    return _with(table, "timestamp", pc.if_else(untimed, received, stamps))


def _with(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(name), column)
