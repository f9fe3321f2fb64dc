"""Whether two engines have answered the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any


def equal(one: Any, other: Any) -> bool:
    """Whether answers are equal but for the last digits of sums, which depend on their order."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-6)
    return bool(one == other)


def decided(rows: Sequence[Sequence[Any]]) -> list[Any]:
    """Of the first rows by a number, which comes last in each: the numbers, and those rows that none outside equals."""
    numbers = [row[-1] for row in rows]
    return [numbers, sorted([*row] for row in rows if row[-1] > numbers[-1])]
