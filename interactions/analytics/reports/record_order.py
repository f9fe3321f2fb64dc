"""Keyset pagination of records by time, opening as few parts as possible.

Records are ordered by timestamp, fingerprint and number among equals. Parts are queried from the nearest one on, in
growing groups, until all remaining ones can only have records further away.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import ibis
import pyarrow as pa
from ibis import _

from interactions.analytics.engine import MOMENT, Expression, Snapshot
from interactions.analytics.periods import Period
from interactions.contract.columns import TABLE_SCHEMA
from interactions.warehouse.lake import Part

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT: Final = timedelta(microseconds=1)
_START: Final = datetime.min.replace(tzinfo=UTC)
_END: Final = datetime.max.replace(tzinfo=UTC)
_ROUNDED: Final = timedelta(milliseconds=1)  # the table's log may have times only to the millisecond
_ADDRESS: Final = re.compile(r"(-?\d{1,18})-([0-9a-f]{2,64})-(\d{1,6})")
_PLACE: Final = pa.schema([TABLE_SCHEMA.field("timestamp"), TABLE_SCHEMA.field("fingerprint")])
_FIRST_ROWS: Final = 100_000  # rows in the first group of parts; each further group has _WIDER times as many
_WIDER: Final = 4
_MOST_NAMED: Final = 200  # moments in a condition


class RecordSelection(Protocol):
    """Which records are listed: a filter, or a filter and words."""

    @property
    def period(self) -> Period: ...

    def within(self, table: ibis.Table, /) -> ibis.Table:
        """The records of ``table`` that are selected."""
        ...


@dataclass(frozen=True, slots=True, order=True)
class RecordKey:
    """The position of a record among all records of its environment.

    ``copy`` numbers records with the same ``timestamp`` and ``fingerprint``, from 1. They can differ if their sender
    gave them the same uuid.
    """

    timestamp: datetime
    fingerprint: bytes
    copy: int

    @classmethod
    def of(cls, address: str) -> RecordKey | None:
        """Parse the result of ``str``; None for any other text."""
        match = _ADDRESS.fullmatch(address)
        if match is None or len(match[2]) % 2:
            return None
        try:
            moment = _EPOCH + int(match[1]) * _INSTANT
        except OverflowError:
            return None
        return cls(moment, bytes.fromhex(match[2]), int(match[3]))

    def __str__(self) -> str:
        return f"{(self.timestamp - _EPOCH) // _INSTANT}-{self.fingerprint.hex()}-{self.copy}"

    @property
    def place(self) -> pa.Table:
        """``timestamp, fingerprint`` as a table of one row."""
        return pa.table([[self.timestamp], [self.fingerprint]], schema=_PLACE)


def at(parts: Snapshot, places: pa.Table, expression: Expression) -> pa.Table:
    """Query the records at ``places`` (``timestamp, fingerprint``), with the additional column ``copy`` (see
    RecordKey).

    Raises FileNotFoundError.
    """
    if not places.num_rows:
        return parts.ask(lambda table: expression(_numbered(table, places)), [])
    moments = sorted(places["timestamp"].to_pylist())
    near = [part for part in parts.pieces if _has_one(part, moments)]
    literals = [ibis.literal(moment, type=MOMENT) for moment in moments]
    # Naming each moment lets the engine leave out most rows of each part before it reads their other columns.
    is_near = (
        _.timestamp.isin(literals) if len(moments) <= _MOST_NAMED else _.timestamp.between(literals[0], literals[-1])
    )
    return parts.ask(lambda table: expression(_numbered(table.filter(is_near), places)), near)


def walk(parts: Snapshot, filter: RecordSelection, place: RecordKey | None, limit: int, *, upwards: bool) -> pa.Table:
    """The first ``limit`` records that pass ``filter`` after ``place``, newest first, or oldest first if ``upwards``.

    Columns are those of TABLE_SCHEMA, and ``copy``. Without a place it begins at the newest or oldest record. Raises
    FileNotFoundError.
    """

    def beyond(table: ibis.Table) -> ibis.Table:
        # Copies were numbered before filtering, so that a record's key doesn't depend on the filter.
        rows = filter.within(table)
        if place is not None:
            rows = rows.filter(~_is_at(place) | (_.copy < place.copy if upwards else _.copy > place.copy))
        return rows.order_by([*_order(upwards), ibis.desc("copy") if upwards else ibis.asc("copy")]).limit(limit)

    places = _places(parts, filter, place, limit, upwards)
    # There may be more copies at the place itself.
    return at(parts, places if place is None else pa.concat_tables([place.place, places]), beyond)


def _places(parts: Snapshot, filter: RecordSelection, place: RecordKey | None, limit: int, upwards: bool) -> pa.Table:
    """``timestamp, fingerprint`` of the first ``limit`` records after those at ``place``, in order."""
    found = _PLACE.empty_table()
    for group, nearest in _groups(_within_reach(parts.pieces, filter, place, upwards), upwards):
        furthest = found["timestamp"][-1].as_py() if found.num_rows == limit else None
        if furthest is not None and (nearest > furthest if upwards else nearest < furthest):
            break

        def look(table: ibis.Table, furthest: datetime | None = furthest) -> ibis.Table:
            rows = filter.within(table)
            if place is not None:
                rows = rows.filter(_side(place.timestamp, upwards), _is_elsewhere(place, upwards))
            if furthest is not None:
                rows = rows.filter(_side(furthest, not upwards))
            return rows.select(_PLACE.names).order_by(_order(upwards)).limit(limit)

        more = parts.ask(look, group).cast(_PLACE)
        direction = "ascending" if upwards else "descending"
        found = pa.concat_tables([found, more]).sort_by([(name, direction) for name in _PLACE.names]).slice(0, limit)
    return found


def _within_reach(parts: Sequence[Part], filter: RecordSelection, place: RecordKey | None, upwards: bool) -> list[Part]:
    """The parts that may have records of the filter's period after the place, nearest first."""
    start, end = filter.period.start, filter.period.end
    reached = [
        part
        for part in parts
        if part.rows
        and (start is None or _last(part) >= start)
        and (end is None or _first(part) < end)
        and (place is None or (_last(part) >= place.timestamp if upwards else _first(part) <= place.timestamp))
    ]
    return sorted(reached, key=_first) if upwards else sorted(reached, key=_last, reverse=True)


def _groups(parts: Sequence[Part], upwards: bool) -> Iterator[tuple[Sequence[Part], datetime]]:
    """``parts`` in groups of growing size, each with the nearest time that a record in it can have."""
    at, rows = 0, _FIRST_ROWS
    while at < len(parts):
        start, held = at, 0
        while at < len(parts) and held < rows:
            held += parts[at].rows
            at += 1
        yield parts[start:at], _first(parts[start]) if upwards else _last(parts[start])
        rows *= _WIDER


def _numbered(table: ibis.Table, places: pa.Table) -> ibis.Table:
    """The rows of ``table`` at ``places``, with the column ``copy``."""
    rows = table.semi_join(ibis.memtable(places), _PLACE.names)
    # Ordered by all columns, so that only identical rows can change places.
    window = ibis.window(group_by=_PLACE.names, order_by=["import_id", "received_at", *TABLE_SCHEMA.names])
    return rows.mutate(copy=ibis.row_number().over(window) + 1)


def _order(upwards: bool) -> list[Any]:
    return [ibis.asc(name) if upwards else ibis.desc(name) for name in _PLACE.names]


def _side(moment: datetime, upwards: bool) -> Any:
    bound = ibis.literal(moment, type=MOMENT)
    return _.timestamp >= bound if upwards else _.timestamp <= bound


def _is_at(place: RecordKey) -> Any:
    fingerprint = ibis.literal(place.fingerprint, type="binary")
    return (_.timestamp == ibis.literal(place.timestamp, type=MOMENT)) & (_.fingerprint == fingerprint)


def _is_elsewhere(place: RecordKey, upwards: bool) -> Any:
    """Excludes records of the same time that aren't after the place."""
    fingerprint = ibis.literal(place.fingerprint, type="binary")
    further = _.fingerprint > fingerprint if upwards else _.fingerprint < fingerprint
    return (_.timestamp != ibis.literal(place.timestamp, type=MOMENT)) | further


def _has_one(part: Part, moments: Sequence[datetime]) -> bool:
    """Whether a record of the part can be of one of these moments, which are in order."""
    place = bisect_left(moments, _first(part))
    return place < len(moments) and moments[place] <= _last(part)


def _first(part: Part) -> datetime:
    return max(part.first, _START + _ROUNDED) - _ROUNDED


def _last(part: Part) -> datetime:
    return min(part.last, _END - _ROUNDED) + _ROUNDED
