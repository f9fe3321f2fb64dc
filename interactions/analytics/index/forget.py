"""Erase people from an index: their events, also dead ones, their keys, and texts that nobody else has."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.index.delta import relink
from interactions.analytics.index.merge import merge
from interactions.analytics.index.run import Index, Pairs, Run, Texts
from interactions.analytics.index.selection import codes_of, hide, is_theirs
from interactions.contract.tombstones import Tombstones

_OF_EVENT: Final = ("agent", "region", "locale", "campaign", "page", "referrer", "keywords", "result_type")


def held(index: Index, people: Tombstones) -> int:
    """The number of events of these people in the index that must not be there, including dead ones."""
    codes = codes_of(index.pairs, people)
    return sum(_held(run, index.pairs, codes, people) for run in index.runs) if len(codes) else 0


def forgotten(index: Index, people: Tombstones) -> Index:
    """The index without these people's events, as with :func:`hide`, and without any trace of them.

    Runs with such events are rewritten without dead events; pairs and texts that no event has any more are blanked.
    """
    codes = codes_of(index.pairs, people)
    index = _unlinked(hide(index, people), people)
    codes = np.union1d(codes, index.pairs.links)
    runs = [merge([run]) if _held(run, index.pairs, codes, people) else run for run in index.runs]
    return without_unused(replace(index, runs=tuple(runs), pairs=_blank(index.pairs, codes)))


def _unlinked(index: Index, people: Tombstones) -> Index:
    """The index without these people's links. The keeper adds those that still exist."""
    pairs, links = index.pairs, index.pairs.links
    links = links[pairs.records[links] > 0]
    theirs = np.isin(pairs.user[links], people.users.keys) | np.isin(pairs.visitor[links], people.anonymous.keys)
    return relink(index, links[~theirs]) if theirs.any() else index


def without_unused(index: Index) -> Index:
    """The index without texts that no live event has; the same object if there are none."""
    used = _used(index)
    texts = {name: _without(getattr(index.texts, name), used[name]) for name in Texts.__dataclass_fields__}
    if all(texts[name] is getattr(index.texts, name) for name in texts):
        return index
    return replace(index, texts=Texts(**texts))


def _held(run: Run, pairs: Pairs, codes: np.ndarray, people: Tombstones) -> int:
    wanted = np.zeros(len(pairs), bool)
    wanted[codes] = True
    events = np.flatnonzero(wanted[run.pair])
    return int(is_theirs(pairs, run.pair[events], run.at[events], run.received[events], people).sum())


def _blank(pairs: Pairs, codes: np.ndarray) -> Pairs:
    """Blank those of these pairs that no event has any more."""
    gone = codes[pairs.records[codes] == 0]
    if not len(gone):
        return pairs
    user, visitor, has = pairs.user.copy(), pairs.visitor.copy(), pairs.has.copy()
    user[gone], visitor[gone], has[gone] = 0, 0, 0
    return Pairs(user, visitor, has, pairs.records)


def _used(index: Index) -> dict[str, np.ndarray]:
    """By column, which texts live events have (bool by code)."""
    used = {name: np.zeros(len(getattr(index.texts, name)) + 1, bool) for name in Texts.__dataclass_fields__}
    for run in index.runs:
        lives = np.ones(len(run), bool) if run.dead is None else np.repeat(run.dead == 0, np.diff(run.starts))
        for name in _OF_EVENT:
            used[name][getattr(run, name)[lives]] = True  # the last stands for NONE
        used["product"][run.products[np.repeat(lives, np.diff(run.product_starts))]] = True
        used["category"][run.categories[np.repeat(lives, np.diff(run.category_starts))]] = True
        used["custom"][run.customs[np.repeat(lives, np.diff(run.custom_starts))]] = True
        used["product"][run.line_product[np.repeat(lives[run.sale_event], np.diff(run.sale_starts))]] = True
    return {name: of_code[:-1] for name, of_code in used.items()}


def _without(texts: pa.ChunkedArray, used: np.ndarray) -> pa.ChunkedArray:
    """The texts, with unused ones set to null. Chunks without any are kept as they are."""
    chunks, begin, is_same = [], 0, True
    for chunk in texts.chunks:
        there = pa.array(used[begin : begin + len(chunk)])
        begin += len(chunk)
        if not pc.any(pc.and_not(chunk.is_valid(), there)).as_py():
            chunks.append(chunk)
            continue
        is_same = False
        chunks.append(pc.if_else(there, chunk, pa.scalar(None, chunk.type)))
    return texts if is_same else pa.chunked_array(chunks, texts.type)
