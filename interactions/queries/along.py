"""Questions that walk along journeys: those of the people whom a filter is about."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

import ibis
import pyarrow as pa

from interactions.analytics.engine import PartsGone, Reading, Snapshot, reading, remembers, without
from interactions.analytics.filters import Filter
from interactions.queries.answers import Question
from interactions.queries.asking import AGENTS
from interactions.queries.bundles import Shelf
from interactions.queries.crowds import Crowd
from interactions.queries.identity import OWNERS
from interactions.queries.journeys import Journeys, moments_of
from interactions.queries.kinds import Grain
from interactions.queries.picking import picked
from interactions.queries.summaries import Plan, planned, records_of_hidden
from interactions.warehouse.lake import Part

Key = TypeVar("Key")
Kept = TypeVar("Kept")

# What the moments of journeys say of a filter; with any other, they are made of the interactions that it lets through.
FIELDS: Final = frozenset({"period", "types", "is_assisted", "is_live", "import_id", "without_import"})
_AT_ONCE: Final = 1_000_000  # rows that are made into journeys at a time
_MOST_KEPT: Final = 2
# The last crowds, and the last journeys that were made of what a filter lets through, as all questions of a page walk
# along the same. The engine's turn guards them.
_kept: OrderedDict[tuple[str, str, bool], Crowd] = OrderedDict()
_let_through: OrderedDict[tuple[str, str], list[Journeys]] = OrderedDict()
remembers("crowds", _kept)
remembers("journeys of a filter", _let_through)


def along(
    filter: Filter,
    name: str,
    walk: Callable[..., pa.Table],
    *,
    needs: tuple[Question, ...] = (),
    parameters: tuple[str, ...] = (),
    beside: bool = False,
) -> Question:
    """The question ``name``: ``walk`` gets the crowd, and the answers to what it needs.

    Of the crowd, pieces may hold more than the filter lets through, but nothing else than its FIELDS would tell apart.
    With ``beside`` it is of the whole data set as well, for which ``Crowd.asked`` tells its pieces apart.
    """
    is_whole = filter.given <= FIELDS and _narrowed(filter) == Filter()
    first = (AGENTS,) if filter.device is not None else ()
    links = () if is_whole or beside else (OWNERS,)

    def look(parts: Snapshot, needed: Sequence[pa.Table]) -> pa.Table:
        agents = needed[0]["user_agent"].to_pylist() if first else None
        known = needed[len(first)] if links else None
        with reading() as read:
            key = (parts.digest, "" if is_whole else _narrowed(filter).key, beside and not is_whole)
            crowd = _kept.get(key) or _crowd(read, parts, filter, agents, known, beside=beside)
            _keep(_kept, key, crowd, _MOST_KEPT)
            return walk(crowd, *needed[len(first) + len(links) :])

    return Question(name, (filter.key, *parameters), None, needs=first + links + needs, look=look)


def _narrowed(filter: Filter) -> Filter:
    """What of the filter decides which pieces there are: all of it where they are made of interactions."""
    if not filter.given <= FIELDS:
        return filter
    return Filter(import_id=filter.import_id, without_import=filter.without_import)


def _crowd(
    read: Reading,
    parts: Snapshot,
    filter: Filter,
    agents: Sequence[str | None] | None,
    links: pa.Table | None,
    *,
    beside: bool,
) -> Crowd:
    narrowed = _narrowed(filter)
    if filter.given <= FIELDS:
        stored, made = _pieces(read, parts, narrowed)
    else:
        stored, made = [], _of_filter(read, parts, filter, agents)
    if not beside or narrowed == Filter():
        return Crowd([*stored, *made], links=links, hidden=parts.hidden, stored=len(stored))
    others, more = _pieces(read, parts, Filter())
    return Crowd(
        [*stored, *others, *made, *more],
        hidden=parts.hidden,
        stored=len(stored) + len(others),
        asked=[
            *([True] * len(stored) + [False] * len(others)),
            *([True] * len(made) + [False] * len(more)),
        ],
    )


def _of_filter(read: Reading, parts: Snapshot, filter: Filter, agents: Sequence[str | None] | None) -> list[Journeys]:
    """All that the filter lets through, made of interactions."""
    key = (parts.digest, filter.key)
    made = _let_through.get(key)
    if made is None:
        made = list(_of_interactions(read, parts, filter, agents))
    _keep(_let_through, key, made, 1)
    return made


def _of_interactions(
    read: Reading, parts: Snapshot, filter: Filter, agents: Sequence[str | None] | None
) -> Iterator[Journeys]:
    rows = picked(parts, filter, agents)
    if rows is not None:
        yield Journeys.of(read.answer(moments_of(ibis.memtable(rows))))
        return
    touched = [part for part in parts.parts if part.rows]
    yield from _made(read, parts, touched, lambda table: filter.within(table, agents=agents))


def _keep(kept: OrderedDict[Key, Kept], key: Key, value: Kept, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)


def _pieces(read: Reading, parts: Snapshot, filter: Filter) -> tuple[list[Journeys], list[Journeys]]:
    """What segments hold of everything, or of all of one import or but one, and the rest, made of interactions."""
    plan = planned(parts, Grain.ALL, filter)
    try:
        stored = list(_stored(parts, plan, filter))
    except FileNotFoundError as error:
        raise PartsGone from error
    made = list(_made(read, parts, plan.bare, filter.within))
    if parts.hidden and plan.stored:
        made += _seen(read, parts, plan, filter)
    return stored, made


def _stored(parts: Snapshot, plan: Plan, filter: Filter) -> Iterator[Journeys]:
    """What segments hold; of everything, bundles in their place where there are any. Raises FileNotFoundError."""
    bundles = [] if filter.given else Shelf(parts.environment).of(plan.stored)
    for bundle in bundles:
        yield from bundle.read()
    bundled = frozenset().union(*(bundle.segments for bundle in bundles))
    for segment in plan.stored:
        if segment.folder.name not in bundled:
            yield Journeys.read(segment.journeys)


def _made(
    read: Reading, parts: Snapshot, of: Sequence[Part], within: Callable[[ibis.Table], ibis.Table]
) -> Iterator[Journeys]:
    for group in _groups(of):
        table = read.records([str(part.path) for part in group], parts.hidden)
        yield Journeys.of(read.answer(moments_of(within(table))))


def _seen(read: Reading, parts: Snapshot, plan: Plan, filter: Filter) -> Iterator[Journeys]:
    """What may be seen of people who are hidden."""
    found = records_of_hidden(read, parts, plan)
    if found.num_rows:
        rows: Any = filter.within(without(ibis.memtable(found), parts.hidden))
        yield Journeys.of(read.answer(moments_of(rows)))


def _groups(parts: Sequence[Part]) -> Iterator[list[Part]]:
    group: list[Part] = []
    for part in parts:
        if group and sum(each.rows for each in group) + part.rows > _AT_ONCE:
            yield group
            group = []
        group.append(part)
    if group:
        yield group
