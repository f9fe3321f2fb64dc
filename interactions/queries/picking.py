"""What a narrow filter lets through, read once and held in memory for all that a page asks about it.

Summaries do not tell what such a filter is about, so the interactions are asked. To look through ten million of them
for what a few answers need takes a second; a page has twenty questions. Broad filters let through more than is held in
memory, and each question is asked of the table for itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from interactions.analytics.engine import Reading, Snapshot, reading, remembers
from interactions.analytics.filters import Filter
from interactions.contract.columns import TABLE_SCHEMA
from interactions.queries.summaries import SUMMED, touches

_MOST_ROWS: Final = 1_000_000
_MOST_BYTES: Final = 256 << 20
_MOST_KEPT: Final = 2
_MOST_CHUNKS: Final = 64
_SCHEMA: Final = pa.schema([TABLE_SCHEMA.field(name) for name in SUMMED])


@dataclass(frozen=True, slots=True)
class _Picked:
    """What a filter lets through of ``files`` but for the people of ``hidden``, a digest; None: too much."""

    files: frozenset[str]
    hidden: str
    rows: pa.Table | None


# By environment and filter. The engine's turn guards it.
_kept: OrderedDict[tuple[str, str], _Picked] = OrderedDict()
remembers("picked records", _kept)


def picked(parts: Snapshot, filter: Filter, agents: Sequence[str | None] | None) -> pa.Table | None:
    """What ``filter`` lets through of all ``parts``, with the columns of SUMMED; None where that is too much.

    ``agents`` are the user agents that occur, where it is about a device. Of parts that came since it was last asked
    for, only those are read. Raises PartsGone.
    """
    with reading() as read:
        for key in [key for key, each in _kept.items() if key[0] == parts.environment and not _holds(each, parts)]:
            del _kept[key]
        key = (parts.environment, filter.key)
        known = _kept.get(key) or _Picked(frozenset(), parts.hidden.digest, _SCHEMA.empty_table())
        known = _grown(read, parts, filter, agents, known)
        _kept[key] = known
        _kept.move_to_end(key)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
        return known.rows


def _holds(known: _Picked, parts: Snapshot) -> bool:
    """Whether it is of nothing but what may be seen now."""
    return known.hidden == parts.hidden.digest and known.files <= set(parts.files)


def _grown(
    read: Reading, parts: Snapshot, filter: Filter, agents: Sequence[str | None] | None, known: _Picked
) -> _Picked:
    """What is known, and what the parts hold that came since."""
    rows = known.rows
    new = [str(part.path) for part in parts.parts if str(part.path) not in known.files and touches(part, filter)]
    if rows is not None and new:
        found = filter.within(read.records(new, parts.hidden), agents=agents).select(*SUMMED)
        more = read.answer(found.limit(_MOST_ROWS - rows.num_rows + 1)).cast(_SCHEMA)
        rows = pa.concat_tables([rows, more])
        if rows.num_rows > _MOST_ROWS or rows.nbytes > _MOST_BYTES:
            rows = None
        elif rows["type"].num_chunks > _MOST_CHUNKS:
            rows = rows.combine_chunks()
    return _Picked(frozenset(parts.files), known.hidden, rows)
