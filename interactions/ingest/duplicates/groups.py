"""Match rows of 64-bit words by all their bits, with NumPy and in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_SPARE = 5  # bits of the filter: at most one in 32 is set, and as few rows pass by chance
_PIECE = 65_536  # rows that the filter is built from at once


class EqualRows:
    """Rows of several words, grouped by equality.

    ``rows`` are row numbers, with equal rows next to each other in their original order. ``start`` has, for each of
    ``rows``, the position of the first row of its group.
    """

    def __init__(self, words: Sequence[np.ndarray]) -> None:
        """``words`` are the first words of all rows, the second words, and so on, 64 bits each; at least one row.

        All but the first words are kept by reference.
        """
        small = np.min_scalar_type(len(words[0]))
        self._rest = words[1:]
        self.rows = np.argsort(words[0], kind="stable").astype(small)
        self._first = words[0][self.rows]
        fresh = changes(self._first)
        if (self._are_fresh() > fresh).any():  # distinct rows that share the first word
            self.rows = np.lexsort(tuple(reversed(words))).astype(small)
            fresh |= self._are_fresh()
        self.start = np.maximum.accumulate(np.where(fresh, np.arange(len(fresh), dtype=small), small.type(0)))
        self._shift, self._filter = _filter(self._first)

    def nth(self) -> np.ndarray:
        """The position of each of ``rows`` within its group, from 0."""
        return np.arange(len(self.rows), dtype=self.rows.dtype) - self.start

    def find(self, words: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of other rows that are equal to some of these, and the start of the matching group."""
        first, *rest = words
        place = first >> self._shift
        maybe = np.flatnonzero(self._filter[place >> 3] >> (place & 7).astype(np.uint8) & 1)
        maybe = maybe[np.argsort(first[maybe])]  # sorted lookups take half the time
        at = np.searchsorted(self._first, first[maybe])
        found: list[tuple[np.ndarray, np.ndarray]] = []
        while len(maybe):  # loops only if distinct rows share the first word
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
        """Whether each of ``rows`` differs from the previous one in any word but the first."""
        fresh = np.zeros(len(self.rows), bool)
        for column in self._rest:
            fresh |= changes(column[self.rows])
        return fresh


def changes(values: np.ndarray) -> np.ndarray:
    """Whether each value differs from the previous one."""
    found = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


def _filter(firsts: np.ndarray) -> tuple[np.uint64, np.ndarray]:
    """A bitmap of the first words' leading bits, and the shift that gives a word's position in it.

    ``firsts`` are sorted. The bitmap has eight positions per byte, lowest bit first.
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
