"""What the sections of the page of figures have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---", *["---:"] * (len(heading) - 1)] if len(heading) > 2 else ["---"] * 2, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def met(is_met: bool) -> str:
    return "met" if is_met else "not met"


def megabytes(size: int) -> int:
    return round(size / 1e6)


def ranks(lists: Iterable[Sequence[int]]) -> str:
    """In megabytes: the largest of all first entries, of all second ones, and so on."""
    return ", ".join(str(megabytes(max(rank))) for rank in zip_longest(*lists, fillvalue=0)) or "–"
