"""Answers from summaries: stored segments where they cover the parts, the parts themselves where they do not.

The rule of who is asked: a question over a kind goes to the segments as long as its filter says nothing but what the
kind's rows tell apart (``Kind.fields``); with any other filter it goes to the interactions. Whatever segments lack is
summed up from the parts as it is asked for, so that the answer is the same in any case:

- parts that no segment covers yet, above all the newest;
- the ends of a period that begins or ends within what is one row, a quarter of an hour or a day;
- people who are hidden and not yet erased: their rows are left out, or taken off, and what of them may be seen is
  counted anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.engine import (
    MOMENT,
    PartsGone,
    Reading,
    Snapshot,
    not_of_people,
    of_people,
    reading,
    remembers,
    without,
)
from interactions.analytics.filters import Filter
from interactions.analytics.periods import ALL, Period, Unit
from interactions.contract.columns import TABLE_SCHEMA
from interactions.queries.covering import name_of
from interactions.queries.crowds import theirs
from interactions.queries.journeys import Journeys
from interactions.queries.kinds import QUARTER_US, Grain, Kind
from interactions.queries.segments import Segment, Store
from interactions.warehouse.lake import Part

_US: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_KNOWN: Final = 512
# What the kinds are made of, and the filters that they can answer.
SUMMED: Final = (
    *(
        "type",
        "timestamp",
        "received_at",
        "import_id",
        "user_key",
        "anonymous_key",
        "miso_id",
        "revenue",
        "product_ids",
    ),
    *(
        "quantities",
        "keywords",
        "category",
        "campaign_source",
        "campaign_medium",
        "campaign_name",
        "page_url",
        "region",
    ),
    "user_agent",
)
# Hidden people's records by segment and tombstones: neither changes. The engine's turn guards it.
_known: OrderedDict[tuple[Path, str], pa.Table] = OrderedDict()
remembers("records of hidden people", _known)


@dataclass(frozen=True, slots=True)
class Over:
    """Of what a question is asked: the rows of ``kind`` of what ``filter`` lets through, which its fields can say.

    With ``zone``, the days of a kind by days have to be those of that zone. ``instead`` is a finer kind, which
    has all columns that are asked about: it is asked where the days in segments are another zone's, or the period does
    not consist of days.
    """

    kind: Kind
    filter: Filter
    zone: tzinfo | None = None
    instead: Kind | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the rows of an answer come from.

    The segments ``stored`` answer for the period ``whole``, their parts ``covered`` for the ``edges``; the parts
    ``bare`` for all of it.
    """

    stored: tuple[Segment, ...]
    covered: tuple[Part, ...]
    whole: Period
    edges: tuple[Period, ...]
    bare: tuple[Part, ...]


def ask_summed(parts: Snapshot, over: Over, expression: Callable[[ibis.Table], ibis.Table]) -> pa.Table:
    """``expression`` of the rows that are asked about. Raises PartsGone where a part or a segment has vanished."""
    with reading() as read:
        return read.answer(expression(_rows(read, parts, over)))


def _rows(read: Reading, parts: Snapshot, over: Over) -> ibis.Table:
    plan = planned(parts, over.kind.grain, over.filter, over.zone)
    if over.instead is not None and (plan.edges or not plan.stored):
        return _rows(read, parts, Over(over.instead, over.filter))
    return _together([*_stored(read, parts, plan, over), *_unstored(read, parts, plan, over)], over.kind)


def unstored(read: Reading, parts: Snapshot, plan: Plan, over: Over) -> ibis.Table | None:
    """The rows that segments lack, and those that take hidden people's off; None where nothing is lacking."""
    pieces = list(_unstored(read, parts, plan, over))
    return _together(pieces, over.kind) if pieces else None


def _unstored(read: Reading, parts: Snapshot, plan: Plan, over: Over) -> Iterator[ibis.Table]:
    yield from _counted(read, parts, plan, over)
    if parts.hidden and plan.stored:
        yield from _corrections(read, parts, plan, over)


def _together(pieces: list[ibis.Table], kind: Kind) -> ibis.Table:
    if len(pieces) == 1:
        return pieces[0]
    columns = columns_of(kind)
    alike = [piece.select(*columns).cast(columns) for piece in pieces]
    return ibis.union(*alike)


def planned(parts: Snapshot, grain: Grain, filter: Filter, zone: tzinfo | None = None) -> Plan:
    """Where the rows of a kind of that grain come from, of what the filter's period and import let through."""
    asked = [part for part in parts.parts if part.rows and touches(part, filter)]
    segments = [segment for segment in _usable(parts, grain, filter, zone) if touches(segment, filter)]
    inner = _whole(filter.period, grain, segments)
    if inner is None:
        return Plan((), (), ALL, (), tuple(asked))
    whole, edges = inner
    covered = frozenset().union(*(segment.parts for segment in segments))
    return Plan(
        tuple(segments),
        tuple(part for part in asked if name_of(part) in covered),
        whole,
        edges,
        tuple(part for part in asked if name_of(part) not in covered),
    )


def _usable(parts: Snapshot, grain: Grain, filter: Filter, zone: tzinfo | None) -> list[Segment]:
    """Segments of days all have one zone's; those of one import's records hold no others, or those of all but it."""
    segments = Store(parts.environment).covering(name_of(part) for part in parts.parts)
    if filter.import_id is not None:
        segments = [segment for segment in segments if segment.import_id == filter.import_id]
    if filter.without_import is not None:
        left_out = {name_of(part) for part in parts.parts if part.import_id in (None, filter.without_import)}
        segments = [segment for segment in segments if not segment.parts & left_out]
    if grain is Grain.DAY and segments:
        zones = [segment.zone for segment in segments]
        days = max(sorted(set(zones)), key=zones.count) if zone is None else str(zone)
        segments = [segment for segment in segments if segment.zone == days]
    return segments


def touches(piece: Part | Segment, filter: Filter) -> bool:
    """Whether some of its records may be meant. Times in the table's log are rounded to milliseconds, outwards."""
    period, import_id = filter.period, filter.import_id
    return (
        (period.start is None or piece.last >= period.start)
        and (period.end is None or piece.first < period.end)
        and (import_id is None or piece.import_id in (None, import_id))
        and (filter.without_import is None or piece.import_id != filter.without_import)
    )


def _whole(period: Period, grain: Grain, segments: list[Segment]) -> tuple[Period, tuple[Period, ...]] | None:
    """The longest period in ``period`` of whole quarters or days, and what is left of it; None where there is none."""
    if grain is Grain.ALL or period == ALL:
        return period, ()
    zone = ZoneInfo(segments[0].zone) if segments and grain is Grain.DAY else UTC
    start = _rounded(period.start, grain, zone, up=True)
    end = _rounded(period.end, grain, zone, up=False)
    if _is_odd(start) or _is_odd(end) or (start and end and start >= end):
        return None
    edges = []
    if start is not None and period.start != start:
        edges.append(Period(period.start, start))
    if end is not None and period.end != end:
        edges.append(Period(end, period.end))
    return Period(start, end), tuple(edges)


def _rounded(moment: datetime | None, grain: Grain, zone: Any, *, up: bool) -> datetime | None:
    if moment is None:
        return None
    if grain is Grain.DAY:
        start = Unit.DAY.floor(moment, zone)
        return start if start == moment or not up else Unit.DAY.after(start, zone)
    past = (moment - _EPOCH) % (QUARTER_US * _US)
    if not past:
        return moment
    try:
        return moment - past + (QUARTER_US * _US if up else timedelta(0))
    except OverflowError:
        return moment


def _is_odd(moment: datetime | None) -> bool:
    """Whether a moment is none at which a quarter begins: so did days before clocks were set by zones."""
    return moment is not None and bool((moment - _EPOCH) % (QUARTER_US * _US))


def _stored(read: Reading, parts: Snapshot, plan: Plan, over: Over) -> Iterator[ibis.Table]:
    if not plan.stored:
        return
    kind, filter = over.kind, over.filter
    rows = read.summed([segment.file(kind.name) for segment in plan.stored], columns_of(kind))
    conditions = [
        *([rows.timestamp >= ibis.literal(plan.whole.start, type=MOMENT)] if plan.whole.start else []),
        *([rows.timestamp < ibis.literal(plan.whole.end, type=MOMENT)] if plan.whole.end else []),
        *([rows.type.isin(filter.all_types)] if filter.has_types else []),
        *([rows.is_assisted == filter.is_assisted] if filter.is_assisted is not None else []),
        *([rows.is_live == filter.is_live] if filter.is_live is not None else []),
        *([rows.device == filter.device.value] if filter.device is not None else []),
    ]
    rows = rows.filter(conditions) if conditions else rows
    yield not_of_people(rows, parts.hidden) if parts.hidden and kind.of_people else rows


def _counted(read: Reading, parts: Snapshot, plan: Plan, over: Over) -> Iterator[ibis.Table]:
    """What is summed up now; with no row where there is nothing to be summed up and nothing stored."""
    kind, filter = over.kind, over.filter
    if plan.bare or not plan.stored:
        table = read.records([str(part.path) for part in plan.bare], parts.hidden)
        yield kind.of(filter.within(table))
    for edge in plan.edges:
        cut = filter.during(edge)
        files = [str(part.path) for part in plan.covered if touches(part, cut)]
        if files:
            yield kind.of(cut.within(read.records(files, parts.hidden)))


def _corrections(read: Reading, parts: Snapshot, plan: Plan, over: Over) -> Iterator[ibis.Table]:
    """What hidden people's records change in what is stored."""
    found = records_of_hidden(read, parts, plan)
    if not found.num_rows:
        return
    theirs = over.filter.during(plan.whole).within(ibis.memtable(found))
    if not over.kind.of_people:
        yield over.kind.less(theirs)
    yield over.kind.of(without(theirs, parts.hidden))


def records_of_hidden(read: Reading, parts: Snapshot, plan: Plan) -> pa.Table:
    """All records of hidden people in the parts that are covered, also those that may be seen."""
    digest = parts.hidden.digest
    found = {segment: _known.get((segment.folder, digest)) for segment in plan.stored}
    found |= _read_of_hidden(read, [segment for segment, table in found.items() if table is None], parts)
    for segment, table in found.items():
        _known[segment.folder, digest] = table
        _known.move_to_end((segment.folder, digest))
    while len(_known) > _MOST_KNOWN:
        _known.popitem(last=False)
    return pa.concat_tables([table for table in found.values() if table is not None])


def _read_of_hidden(read: Reading, segments: list[Segment], parts: Snapshot) -> dict[Segment, pa.Table]:
    """All segments' at once: one by one each would have the engine open its files with half of the cores idle."""
    paths = {name_of(part): str(part.path) for part in parts.parts}
    holding = _holders(segments, parts)
    files = {segment: [paths[name] for name in segment.parts] if segment in holding else [] for segment in segments}
    wanted = [file for each in files.values() for file in each]
    rows = read.rows(wanted, named=True) if wanted else read.records([]).mutate(filename=ibis.literal(""))
    found = read.answer(of_people(rows.select(*SUMMED, "filename"), parts.hidden))
    names = found["filename"]
    found = found.drop("filename")
    return {segment: found.filter(pc.is_in(names, pa.array(each, pa.string()))) for segment, each in files.items()}


def _holders(segments: list[Segment], parts: Snapshot) -> set[Segment]:
    """The segments in which there is anybody who is hidden."""
    try:
        return {each for each in segments if theirs(Journeys.read(each.journeys), parts.hidden).any()}
    except FileNotFoundError as error:
        raise PartsGone from error


@cache
def columns_of(kind: Kind) -> ibis.Schema:
    """The columns of a kind. That some are never null is known of columns in memory, and not of those in files."""
    schema = kind.of(ibis.memtable(TABLE_SCHEMA.empty_table())).schema()
    return ibis.schema({name: column.copy(nullable=True) for name, column in schema.items()})
