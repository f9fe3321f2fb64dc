"""Lookup tables of types, for passes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from interactions.contract.schema import TYPES

SEVERAL: Final = 64
"""The size of a table: the number of types that a kind can encode."""
KINDS: Final = 128
"""The number of kinds without the placeholder bit: a type, and whether the event is assisted."""


def marked(types: Iterable[str]) -> np.ndarray:
    """A table, uint8[SEVERAL], in which these types are 1."""
    return numbered(dict.fromkeys(types, 1), 0, np.uint8)


def numbered(numbers: Mapping[str, int], other: int, form: type[np.generic]) -> np.ndarray:
    """A table of SEVERAL numbers: those of the types that have one, ``other`` for the rest."""
    table = np.full(SEVERAL, other, form)
    for name, number in numbers.items():
        table[TYPES.index(name)] = number
    return table
