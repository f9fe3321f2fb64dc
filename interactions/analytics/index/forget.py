"""Leave no trace of people in an index: no event of theirs, be it dead, no key, and no text that was only theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.index.delta import relink
from interactions.analytics.index.gone import codes_of, hide, is_theirs
from interactions.analytics.index.merge import merge
from interactions.analytics.index.run import Index, Pairs, Run, Texts
from interactions.contract.tombstones import Tombstones

_OF_EVENT: Final = ("agent", "region", "locale", "campaign", "page", "keywords")


def held(index: Index, people: Tombstones) -> int:
    """How many events of these people that may not be are in the index, those of the dead among them."""
    codes = codes_of(index.pairs, people)
    return sum(_held(run, index.pairs, codes, people) for run in index.runs) if len(codes) else 0


def forgotten(index: Index, people: Tombstones) -> Index:
    """The index without these people's events, as :func:`hide` has it, and without a trace of these.

    Runs that hold some are written anew without any dead; pairs and texts that no event bears any more are blanked.
    """
    codes = codes_of(index.pairs, people)
    index = _unlinked(hide(index, people), people)
    codes = np.union1d(codes, index.pairs.links)
    runs = [merge([run]) if _held(run, index.pairs, codes, people) else run for run in index.runs]
    return without_unused(replace(index, runs=tuple(runs), pairs=_blank(index.pairs, codes)))


def _unlinked(index: Index, people: Tombstones) -> Index:
    """The index without these people's links; whoever keeps it knows which are there nevertheless."""
    pairs, links = index.pairs, index.pairs.links
    links = links[pairs.records[links] > 0]
    theirs = np.isin(pairs.user[links], people.users.keys) | np.isin(pairs.visitor[links], people.anonymous.keys)
    return relink(index, links[~theirs]) if theirs.any() else index


def without_unused(index: Index) -> Index:
    """The index without texts that no living event bears; the same one where there are none."""
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
    """What no event bears any more of these pairs names nobody."""
    gone = codes[pairs.records[codes] == 0]
    if not len(gone):
        return pairs
    user, visitor, has = pairs.user.copy(), pairs.visitor.copy(), pairs.has.copy()
    user[gone], visitor[gone], has[gone] = 0, 0, 0
    return Pairs(user, visitor, has, pairs.records)


def _used(index: Index) -> dict[str, np.ndarray]:
    """By column, which texts living events bear (bool by code)."""
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
    """The texts, null where they aren't used; chunks without any such stay what they are."""
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
