"""Put the journeys of several pieces together, so that all that a person did lies in one place, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from interactions.queries import loops
from interactions.queries.coding import HAS_USER
from interactions.queries.crowds import Crowd
from interactions.queries.journeys import SCHEMA, SEARCH, Journeys

_MOST: Final = 4_000_000  # moments that are put together at once, about: so many are held in memory


def bundled(pieces: Sequence[Journeys]) -> Iterator[Journeys]:
    """The same journeys in other pieces: a pair of ids has one row, and the pieces follow each other in the order of
    people. That is the order of a person's key, who is one by what ``pieces`` show."""
    if not pieces:
        return
    crowd = Crowd(pieces, by_people=True)
    room = _Room(crowd)
    for start, end in _portions(crowd):
        rows = [crowd.rows_of(piece, start, end) for piece in range(len(pieces))]
        yield room.put_together(rows)
    nobodys = [crowd.rows_of_nobody(piece) for piece in range(len(pieces))]
    if any(map(len, nobodys)):
        yield room.put_together(nobodys)


def _portions(crowd: Crowd) -> Iterator[tuple[int, int]]:
    """Batches that follow each other, from the first to before the second, of about _MOST moments together."""
    moments = sum(len(piece.at) for piece in crowd.pieces)
    several = max(1, crowd.batches * _MOST // max(1, moments))
    for start in range(0, crowd.batches, several):
        yield start, min(start + several, crowd.batches)


class _Room:
    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._dictionary, self._words = crowd.words
        self._places = [np.empty(len(piece), np.int32) for piece in crowd.pieces]

    def put_together(self, rows: Sequence[np.ndarray]) -> Journeys:
        """The journeys at ``rows`` of each piece as one piece."""
        pairs, places = self._pairs(rows)
        ends = np.cumsum([0, *map(len, rows)])
        for place, those in enumerate(rows):
            self._places[place][those] = places[ends[place] : ends[place + 1]]
        starts, moments, tags = self._moments(rows, len(pairs[0]))
        what = (tags & 0xFF).astype(np.uint8)
        is_search = what >> 2 == SEARCH
        codes = (tags[is_search] >> 8).astype(np.int32)
        words = pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), self._dictionary)
        word_starts = np.concatenate(([0], np.cumsum(is_search)))[starts]
        return Journeys(
            pa.RecordBatch.from_arrays(
                [
                    *map(pa.array, pairs),
                    pa.ListArray.from_arrays(pa.array(starts, pa.int32()), pa.array(moments)),
                    pa.ListArray.from_arrays(pa.array(starts, pa.int32()), pa.array(what)),
                    pa.ListArray.from_arrays(pa.array(word_starts, pa.int32()), words),
                ],
                schema=SCHEMA,
            ),
            by_people=True,
        )

    def _pairs(self, rows: Sequence[np.ndarray]) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """User, visitor and what is known of each pair, each once, and the place of each row's pair."""
        crowd = self._crowd
        users, visitors, known, persons = (
            np.concatenate([column[those] for column, those in zip(columns, rows, strict=True)])
            for columns in (
                [piece.users for piece in crowd.pieces],
                [piece.visitors for piece in crowd.pieces],
                [piece.known for piece in crowd.pieces],
                crowd.persons,
            )
        )
        order = np.lexsort((known, users, visitors, persons, _keys(users, visitors, known, persons)))
        differs = np.zeros(len(order), bool)
        differs[:1] = True
        for column in (users, visitors, known):
            ordered = column[order]
            differs[1:] |= ordered[1:] != ordered[:-1]
        places = np.empty(len(order), np.int32)
        places[order] = np.cumsum(differs) - 1
        heads = order[differs]
        return (users[heads], visitors[heads], known[heads]), places

    def _moments(self, rows: Sequence[np.ndarray], pairs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where each pair's moments start, when they are, and their tags."""
        crowd, sizes = self._crowd, np.zeros(pairs + 1, np.int64)
        for piece, places, those in zip(crowd.pieces, self._places, rows, strict=True):
            loops.measure(those, places, 0, piece.starts, sizes[1:])
        starts = np.cumsum(sizes)
        moments, tags, *more = (np.empty(starts[-1], np.int64) for _ in range(4))
        ends = starts[:-1].copy()
        for number, (piece, places, those) in enumerate(zip(crowd.pieces, self._places, rows, strict=True)):
            loops.collect(
                *(those, places, piece.starts, piece.at, piece.what),
                *(SEARCH, piece.word_starts, self._words[number], ends, moments, tags),
            )
        loops.put_in_order(np.ones(pairs, bool), starts[:-1], ends, moments, tags, *more)
        return starts, moments, tags


def _keys(users: np.ndarray, visitors: np.ndarray, known: np.ndarray, persons: np.ndarray) -> np.ndarray:
    """The key of each row's person: the user's where the person is one, as some row of theirs says."""
    if not len(persons):
        return users
    persons = persons - persons.min()
    is_user = known & HAS_USER > 0
    keys = np.zeros(int(persons.max()) + 1, np.int64)
    keys[persons[~is_user]] = visitors[~is_user]
    keys[persons[is_user]] = users[is_user]
    found: np.ndarray = keys[persons]
    return found
