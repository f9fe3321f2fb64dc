"""Crowds: journeys, and whose they are.

A person is a user, or an anonymous id that belongs to none (person.py). Persons have codes: users from 0 on, then the
anonymous ids. Their journeys are dealt into batches of persons, which can be walked one beside the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.contract.tombstones import Tombstones
from interactions.queries import coding
from interactions.queries.coding import HAS_USER, HAS_VISITOR, NOBODY
from interactions.queries.journeys import Journeys
from interactions.queries.loops import NO_WORDS

_BATCH: Final = 1 << 14  # persons whose moments are put together at once: a few MB


class Crowd:
    """``pieces``, of which those of people in ``hidden`` are left out; ``links`` as :func:`identity.of_one_user` has.

    ``stored`` says of how many pieces, from the first on, people may be hidden. Where there are no links, those that
    the pieces show are meant, which then have to be of the whole data set. ``asked``: which pieces a question is about,
    where others are beside them. ``by_people``: whether batches follow the order of people; if not said, that in
    which most of the pieces are.
    """

    def __init__(
        self,
        pieces: Sequence[Journeys],
        *,
        links: pa.Table | None = None,
        hidden: Tombstones | None = None,
        stored: int = 0,
        asked: Sequence[bool] | None = None,
        by_people: bool | None = None,
    ) -> None:
        self.pieces = tuple(pieces)
        self.asked = asked
        if by_people is None:
            by_people = sum(len(piece) if piece.by_people else -len(piece) for piece in pieces) > 0
        gone = [theirs(piece, hidden) for piece in pieces[:stored]] if hidden else []
        known = [piece.known for piece in pieces]
        for place, rows in enumerate(gone):
            known[place] = np.where(rows, np.uint8(0), known[place])
        users, visitors = [piece.users for piece in pieces], [piece.visitors for piece in pieces]
        if links is not None:
            users.append(links["user_key"].to_numpy())
            visitors.append(links["anonymous_key"].to_numpy())
            known.append(np.full(len(links), HAS_USER | HAS_VISITOR, np.uint8))
        edges = np.cumsum([0, *(len(piece) for piece in pieces)])
        first_link = 0 if links is None else int(edges[-1])
        pairs = _joined(users), _joined(visitors), _joined(known, np.uint8)
        persons = self._number(*pairs, first_link, by_people=by_people)
        self.user_codes, self.visitor_codes, self.persons = (
            [codes[start:end] for start, end in pairwise(edges)] for codes in persons
        )
        self._deal(gone)

    def _number(
        self, users: np.ndarray, visitors: np.ndarray, known: np.ndarray, first_link: int, *, by_people: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The codes of the user, the visitor and the person of each pair."""
        with ThreadPoolExecutor(2) as pool:
            found = pool.map(_numbered, (users, visitors), (known, known), (HAS_USER, HAS_VISITOR))
            (user_codes, different_users), (visitor_codes, different_visitors) = found
        self.several_users, self.several_visitors = len(different_users), len(different_visitors)
        persons = np.empty(len(known), np.int32)
        owners = np.full(self.several_visitors, NOBODY, np.int32)
        coding.own(user_codes, visitor_codes, first_link, owners, persons)
        orders = np.concatenate([different_users, different_visitors])
        if not by_people:
            coding.order(persons, users, visitors, known, orders)
        bits = (len(orders) // _BATCH).bit_length()
        self.first = np.zeros((1 << bits) + 1, np.int64)
        coding.house(persons, orders, 64 - bits, np.full(len(orders), NOBODY, np.int32), self.first)
        return user_codes, visitor_codes, persons

    def _deal(self, gone: list[np.ndarray]) -> None:
        self._bounds: list[np.ndarray] = []
        self._rows: list[np.ndarray] = []
        for place, persons in enumerate(self.persons):
            bounds, rows = np.zeros(self.batches + 2, np.int64), np.empty(len(persons), np.int32)
            coding.deal(persons, self.first, bounds, rows)
            if place < len(gone):  # they were dealt to nobody
                nobodys = rows[bounds[-2] :]
                rows = np.concatenate([rows[: bounds[-2]], nobodys[~gone[place][nobodys]]])
            self._bounds.append(bounds)
            self._rows.append(rows)
        counts = np.diff(np.array(self._bounds, np.int64).reshape(-1, self.batches + 2)[:, :-1])
        self._there = [np.flatnonzero(each) for each in counts.T]

    @property
    def batches(self) -> int:
        return len(self.first) - 1

    @property
    def people(self) -> int:
        """How many persons there are."""
        return int(self.first[-1])

    def rows_of(self, piece: int, batch: int, end: int | None = None) -> np.ndarray:
        """The places in a piece of the journeys of one batch's persons, whose codes are from ``first[batch]`` on.

        With ``end`` of all batches before that one.
        """
        rows, bounds = self._rows[piece], self._bounds[piece]
        found: np.ndarray = rows[bounds[batch] : bounds[batch + 1 if end is None else end]]
        return found

    def pieces_with(self, batch: int) -> list[int]:
        """The pieces that have journeys of a batch's persons."""
        found: list[int] = self._there[batch].tolist()
        return found

    def rows_of_nobody(self, piece: int) -> np.ndarray:
        """The places in a piece of the journeys without ids."""
        return self._rows[piece][self._bounds[piece][-2] :]

    @cached_property
    def words(self) -> tuple[pa.Array, list[np.ndarray]]:
        """What is searched for, each once, and for each piece the numbers of its searches; NO_WORDS for none."""
        if not self.pieces:
            return pa.array([], pa.string()), []
        columns = pa.chunked_array([piece.words for piece in self.pieces]).unify_dictionaries()
        codes = [pc.fill_null(chunk.indices, NO_WORDS).to_numpy() for chunk in columns.chunks]
        return columns.chunk(0).dictionary, codes


def _joined(columns: Sequence[np.ndarray], form: type = np.int64) -> np.ndarray:
    return np.concatenate(columns) if columns else np.empty(0, form)


def _numbered(keys: np.ndarray, known: np.ndarray, bit: int) -> tuple[np.ndarray, np.ndarray]:
    """The code of each key, and each key once, in the order of the codes."""
    slots = np.zeros(1 << max(4, (2 * len(keys)).bit_length()), np.int32)
    codes, different = np.empty(len(keys), np.int32), np.empty(len(keys), np.int64)
    several = coding.number(keys, known, bit, slots, different, codes)
    return codes, different[:several]


def theirs(piece: Journeys, hidden: Tombstones) -> np.ndarray:
    """Which journeys are of hidden people, whenever they were: some of their records may be seen."""
    is_user = piece.known & HAS_USER > 0
    found: np.ndarray = np.where(
        is_user,
        _among(piece.users, hidden.users.keys),
        (piece.known & HAS_VISITOR > 0) & _among(piece.visitors, hidden.anonymous.keys),
    )
    return found


def _among(keys: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    if not len(ordered):
        return np.zeros(len(keys), bool)
    found: np.ndarray = ordered[np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)] == keys
    return found
