"""Update an index: add events, and remove events.

A person affected by added or removed events or links moves with all of their events into a new run and is marked dead
in the old one. Nothing else is copied or read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from interactions.analytics.index.people import BOTH, VISITOR, Persons, distinct, persons, with_visitors
from interactions.analytics.index.rows import Ranked, nobodys, run_of, taken, with_dead, within
from interactions.analytics.index.run import Events, Index, Pairs, Run, Texts

BIG: Final = 20_000
"""A person with so many events, usually a bot, gets a run of their own, so that its dead events are easy to drop."""
NOTHING: Final = np.empty(0, np.int64)

Places: TypeAlias = Sequence[np.ndarray]
"""For each run of an index, the positions of some live events in it (int64, ascending)."""


def append(index: Index, events: Events, pairs: Pairs, texts: Texts, version: int | None = None) -> Index:
    """Add ``events``, whose codes refer to ``pairs`` and ``texts``.

    These must begin with the index's own; the ``records`` of ``pairs`` are ignored.
    """
    return _changed(replace(index, texts=texts), pairs, events, (), version)


def take_out(index: Index, gone: Places, version: int | None = None) -> Index:
    """Remove the events at these positions; see :mod:`interactions.analytics.index.selection`."""
    return _changed(index, index.pairs, None, gone, version)


def exchange(
    index: Index,
    gone: Places,
    events: Events | None,
    pairs: Pairs,
    texts: Texts,
    version: int | None = None,
    links: np.ndarray | None = None,
) -> Index:
    """:func:`take_out` and :func:`append` in one. ``links`` are the codes of all links from now on, None to keep
    them."""
    return _changed(replace(index, texts=texts), pairs, events, gone, version, links)


def relink(index: Index, links: np.ndarray) -> Index:
    """The index with these links (codes) and no others."""
    return _changed(index, index.pairs, None, (), None, links)


def find(run: Run, people: Persons) -> tuple[np.ndarray, np.ndarray]:
    """The positions in the run of those ``people`` who are live in it, and their indexes in ``people`` (both int64)."""
    if not len(run.people):
        return NOTHING, NOTHING
    left = np.searchsorted(run.people, people.keys)
    last = len(run.people) - 1
    # A key can occur twice, for a user and for an anonymous id: the user comes first.
    places = np.where(run.alone[np.minimum(left, last)] == people.alone, left, left + 1)
    places = np.minimum(places, last)
    there = (run.people[places] == people.keys) & (run.alone[places] == people.alone)
    if run.dead is not None:
        there &= run.dead[places] == 0
    which = np.flatnonzero(there)
    return places[which], which


def live(run: Run) -> int:
    """The number of live events in the run."""
    if run.dead is None:
        return len(run)
    return int(np.diff(run.starts)[run.dead == 0].sum())


def _changed(
    index: Index,
    pairs: Pairs,
    added: Events | None,
    gone: Places,
    version: int | None,
    links: np.ndarray | None = None,
) -> Index:
    if added is not None and not len(added):
        added = None
    gone = gone or [NOTHING] * len(index.runs)
    lost = [run.pair[places] for run, places in zip(index.runs, gone, strict=True) if len(places)]
    before, pairs = _counted(index.pairs, pairs, added, lost, links)
    relinked = pairs.links[before[pairs.links] != pairs.records[pairs.links]]
    who = _touched(before, pairs, [relinked, *lost, *([] if added is None else [added.pair])])
    added_at = NOTHING if added is None else added.at
    runs, pieces = list[Run](), list[Ranked]()
    for run, places in zip(index.runs, gone, strict=True):
        left, events, rank = _without(run, places, who)
        runs += left
        if len(events):
            pieces.append(Ranked(run, events, who.ranked(run.pair[events], rank)))
    if added is not None:
        is_nobodys = pairs.has[added.pair] == 0
        if is_nobodys.any():
            runs.append(nobodys(taken(added, np.flatnonzero(is_nobodys))))
        named = np.flatnonzero(~is_nobodys)
        if len(named):
            pieces.append(Ranked(added, named, who.ranked(added.pair[named], np.zeros(len(named), np.int64))))
    if pieces:
        runs += _new_runs(pieces, who.people)
    first, last = _span_after(index, runs, gone, added_at)
    version = index.version if version is None else version
    return replace(index, version=version, runs=tuple(runs), pairs=pairs, first=first, last=last)


def _counted(
    known: Pairs, pairs: Pairs, added: Events | None, lost: Sequence[np.ndarray], links: np.ndarray | None
) -> tuple[np.ndarray, Pairs]:
    """The number of events per pair before the change, and ``pairs`` with the numbers after it."""
    before = np.zeros(len(pairs), np.int64)
    before[: len(known)] = known.records
    after = before.copy()
    if added is not None:
        np.add.at(after, added.pair, 1)
    for codes in lost:
        np.subtract.at(after, codes, 1)
    if links is not None:
        after[pairs.links] = 0
        after[links] = 1
    return before, replace(pairs, records=after)


class _Touched(NamedTuple):
    """The affected ``people`` in run order, and by pair (int32) the index of the person that it belongs to now.

    Pairs that aren't affected have -1: their events stay with the same person.
    """

    people: Persons
    place: np.ndarray

    def ranked(self, codes: np.ndarray, rank: np.ndarray) -> np.ndarray:
        """The index of the person of each event, given its pair and the index ``rank`` of its person so far."""
        places = self.place[codes]
        return np.where(places >= 0, places, rank)


def _touched(before: np.ndarray, pairs: Pairs, borne: Sequence[np.ndarray]) -> _Touched:
    touched = distinct(np.concatenate([*borne, NOTHING]))
    links = (pairs.has[touched] & BOTH == BOTH) & ((before[touched] > 0) != (pairs.records[touched] > 0))
    around = with_visitors(pairs, pairs.visitor[touched[links | (pairs.has[touched] == VISITOR)]])
    codes = distinct(np.concatenate([touched, around]))
    some = Pairs(pairs.user[codes], pairs.visitor[codes], pairs.has[codes], before[codes])
    was, now = persons(some), persons(replace(some, records=pairs.records[codes]))
    was_there, is_there = some.records > 0, pairs.records[codes] > 0
    moved = was_there & is_there & ((was.keys != now.keys) | (was.alone != now.alone))
    concerned = (moved | np.isin(codes, touched, assume_unique=True)) & (some.has > 0)
    was_there &= concerned
    is_there &= concerned
    keys = np.concatenate([now.keys[is_there], was.keys[was_there]])
    alone = np.concatenate([now.alone[is_there], was.alone[was_there]])
    people, places = _distinct(keys, alone)
    place = np.full(len(pairs), -1, np.int32)
    place[codes[is_there]] = places[: int(is_there.sum())]
    return _Touched(people, place)


def _distinct(keys: np.ndarray, alone: np.ndarray) -> tuple[Persons, np.ndarray]:
    """Each person once, in run order, and the index into them for each person given."""
    order = np.lexsort((alone, keys))
    keys, alone = keys[order], alone[order]
    new = np.ones(len(keys), bool)
    new[1:] = (keys[1:] != keys[:-1]) | (alone[1:] != alone[:-1])
    places = np.empty(len(keys), np.int64)
    places[order] = np.cumsum(new) - 1
    return Persons(keys[new], alone[new]), places


def _without(run: Run, gone: np.ndarray, who: _Touched) -> tuple[list[Run], np.ndarray, np.ndarray]:
    """What remains of the run, the positions of the events that move to another run, and the index of each one's
    person in ``who``."""
    if run.nobody:
        if not len(gone):
            return [run], NOTHING, NOTHING
        kept = np.delete(np.arange(len(run)), gone)
        return ([nobodys(taken(run, kept))] if len(kept) else []), NOTHING, NOTHING
    places, which = find(run, who.people)
    if not len(places):
        return [run], NOTHING, NOTHING
    begins, ends = run.starts[places], run.starts[places + 1]
    events, rank = within(begins, ends), np.repeat(which, ends - begins)
    if len(gone):
        stays = np.ones(len(run), bool)
        stays[gone] = False
        events, rank = events[stays[events]], rank[stays[events]]
    left = with_dead(run, places)
    return ([] if left.dead is not None and left.dead.all() else [left]), events, rank


def _new_runs(pieces: Sequence[Ranked], people: Persons) -> list[Run]:
    """One run for most people, and one for each person with very many events."""
    counts = np.sum([np.bincount(piece.rank, minlength=len(people.keys)) for piece in pieces], axis=0)
    is_big = counts >= BIG
    groups: list[list[np.ndarray] | None] = [[~is_big[piece.rank] for piece in pieces]] if is_big.any() else [None]
    groups += [[piece.rank == person for piece in pieces] for person in np.flatnonzero(is_big)]
    of_groups = [pieces if chosen is None else list(_chosen(pieces, chosen)) for chosen in groups]
    return [run_of(some, people) for some in of_groups if some]


def _chosen(pieces: Sequence[Ranked], chosen: Sequence[np.ndarray]) -> Iterator[Ranked]:
    """The chosen events (bool) of each piece that has any."""
    for piece, which in zip(pieces, chosen, strict=True):
        if which.any():
            yield Ranked(piece.events, piece.places[which], piece.rank[which])


def _span_after(index: Index, runs: Sequence[Run], gone: Places, added: np.ndarray) -> tuple[int, int]:
    """The earliest and latest ``at`` of live events. All people are checked only if one of these may have been
    removed."""
    lost = [run.at[places] for run, places in zip(index.runs, gone, strict=True)]
    if not runs or any((each <= index.first).any() or (each >= index.last).any() for each in lost):
        return _span(runs)
    known = [index.first, index.last] if len(index.runs) else []
    moments = np.concatenate([known, added]).astype(np.int64)
    return int(moments.min()), int(moments.max())


def _span(runs: Sequence[Run]) -> tuple[int, int]:
    """The earliest and latest ``at`` of live events."""
    firsts, lasts = [], []
    for run in runs:
        if run.nobody:
            firsts.append(int(run.at[0]))
            lasts.append(int(run.at[-1]))
        else:
            living = slice(None) if run.dead is None else run.dead == 0
            firsts.append(int(run.at[run.starts[:-1][living]].min()))
            lasts.append(int(run.at[run.starts[1:][living] - 1].max()))
    return (min(firsts), max(lasts)) if runs else (0, -1)
