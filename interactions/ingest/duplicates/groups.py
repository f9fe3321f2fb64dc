"""Find rows of 64-bit words among others by all their bits, in NumPy and in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_SPARE = 5  # bits of the filter: one of 32 places is taken at most, and as few rows come through it by chance
_PIECE = 65_536  # rows of which the filter is made at once


class Groups:
    """Rows of some words each, those that are equal together.

    ``rows``: their numbers, equal ones side by side in the order in which they came; ``start``: for each of ``rows``
    the place of the first of its group among them.
    """

    def __init__(self, words: Sequence[np.ndarray]) -> None:
        """``words``: the first words of all rows, their second words, and so on, at least one row; 64 bits each.

        All but the first words are kept as they are.
        """
        small = np.min_scalar_type(len(words[0]))
        self._rest = words[1:]
        self.rows = np.argsort(words[0], kind="stable").astype(small)
        self._first = words[0][self.rows]
        fresh = changes(self._first)
        if (self._are_fresh() > fresh).any():  # different rows with the first word in common
            self.rows = np.lexsort(tuple(reversed(words))).astype(small)
            fresh |= self._are_fresh()
        self.start = np.maximum.accumulate(np.where(fresh, np.arange(len(fresh), dtype=small), small.type(0)))
        self._shift, self._filter = _filter(self._first)

    def nth(self) -> np.ndarray:
        """Which of its group each of ``rows`` is, from 0 on."""
        return np.arange(len(self.rows), dtype=self.rows.dtype) - self.start

    def find(self, words: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Which of other rows, by number, are equal to some of these, and the start of the group of those."""
        first, *rest = words
        place = first >> self._shift
        maybe = np.flatnonzero(self._filter[place >> 3] >> (place & 7).astype(np.uint8) & 1)
        maybe = maybe[np.argsort(first[maybe])]  # searched for in order, they are found in half the time
        at = np.searchsorted(self._first, first[maybe])
        found: list[tuple[np.ndarray, np.ndarray]] = []
        while len(maybe):  # more than once only where different rows have the first word in common
            inside = at < len(self._first)
            inside[inside] = self._first[at[inside]] == first[maybe[inside]]
            maybe, at = maybe[inside], at[inside]
            equal = np.ones(len(at), bool)
            for own, other in zip(self._rest, rest, strict=True):
                equal &= own[self.rows[at]] == other[maybe]
            found.append((maybe[equal], at[equal]))
            maybe, at = maybe[~equal], np.searchsorted(self.start, at[~equal], side="right")
        if not found:
            return maybe, at
        return np.concatenate([rows for rows, _ in found]), np.concatenate([starts for _, starts in found])

    def _are_fresh(self) -> np.ndarray:
        """Of each of ``rows``, whether it differs from the one before in any word but the first."""
        fresh = np.zeros(len(self.rows), bool)
        for column in self._rest:
            fresh |= changes(column[self.rows])
        return fresh


def changes(values: np.ndarray) -> np.ndarray:
    """Of each value, whether it differs from the one before."""
    found = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


def _filter(firsts: np.ndarray) -> tuple[np.uint64, np.ndarray]:
    """By how many bits first words are shifted to give their place, and a bit a place: whether any has it.

    ``firsts`` are sorted. Places lie eight in a byte, the lowest bit first.
    """
    bits = max(3, len(firsts).bit_length() + _SPARE)
    shift = np.uint64(64 - bits)
    taken = np.zeros(1 << (bits - 3), np.uint8)
    for start in range(0, len(firsts), _PIECE):
        places = firsts[start : start + _PIECE] >> shift
        bytes_ = places >> 3
        fresh = np.flatnonzero(changes(bytes_))
        taken[bytes_[fresh]] |= np.bitwise_or.reduceat(np.uint8(1) << (places & 7).astype(np.uint8), fresh)
    return shift, taken
