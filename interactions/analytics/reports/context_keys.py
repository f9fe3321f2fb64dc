"""The keys of custom_context that occur in the records of an environment."""

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from interactions.analytics.engine import Snapshot, steady
from interactions.contract.tombstones import leave_out

_PARTS: Final = 5
_ROWS: Final = 10_000  # per part
_MOST: Final = 100
_COLUMNS: Final = ("extra", "timestamp", "received_at", "user_key", "anonymous_key")


class _Context(msgspec.Struct):
    custom_context: dict[str, msgspec.Raw] = {}


class _Extra(msgspec.Struct):
    context: _Context = msgspec.field(default_factory=_Context)


_DECODER: Final = msgspec.json.Decoder(_Extra)


def occurring(environment: str) -> list[str]:
    """Keys with a string, number or boolean in a sample of the newest records, most frequent first.

    Records of hidden people are left out. Raises DataSetBusy.
    """
    return list(steady(environment, _sampled))


def _sampled(parts: Snapshot) -> tuple[str, ...]:
    newest = sorted((part for part in parts.parts if part.rows), key=lambda part: part.last, reverse=True)
    counts: Counter[str] = Counter()
    for part in newest[:_PARTS]:
        with pq.ParquetFile(part.path) as file:
            table = next(file.iter_batches(_ROWS, columns=list(_COLUMNS)))
        rows, _ = leave_out(pa.Table.from_batches([table]), parts.hidden)
        for text, times in Counter(rows["extra"].to_pylist()).items():
            counts.update(dict.fromkeys(_keys(text), times))
    return tuple(key for key, _ in counts.most_common(_MOST))


def _keys(text: str | None) -> list[str]:
    if text is None:
        return []
    try:
        found = _DECODER.decode(text).context.custom_context
    except msgspec.MsgspecError:
        return []
    return [key for key, raw in found.items() if bytes(raw)[:1] not in (b"{", b"[", b"n")]
