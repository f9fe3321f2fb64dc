"""The loops that count different products, compiled: over what each day's interactions name (named.py)."""

from __future__ import annotations

from typing import Any

from interactions.queries.later import compiled


@compiled
def gather(
    bars: Any, first: int, starts: Any, codes: Any, amounts: Any, meanings: Any, ends: Any, products: Any, records: Any
) -> None:
    """Add each span's rows to those of its bar.

    ``bars`` are those of some spans that follow each other, ``starts``, one more, where their rows are in ``codes`` and
    ``amounts``, and ``meanings`` the products that the codes mean. ``ends`` says where in ``products`` and ``records``
    the rows of each bar end so far; that of the bar ``first`` comes first.
    """
    for span in range(len(bars)):
        end = ends[bars[span] - first]
        for row in range(starts[span], starts[span + 1]):
            products[end], records[end] = meanings[codes[row]], amounts[row]
            end += 1
        ends[bars[span] - first] = end


@compiled
def count(bounds: Any, first: int, products: Any, records: Any, last: Any, sums: Any, counts: Any) -> None:
    """Count for each bar the products of which there is a record in it, all amounts taken together.

    The rows of the bar ``first``, and of those that follow, are between two ``bounds`` each. ``last`` and ``sums`` have
    a place a product: the bar in which it was seen last, and how many records it had there so far.
    """
    for place in range(len(bounds) - 1):
        bar = first + place
        found = 0
        for row in range(bounds[place], bounds[place + 1]):
            product = products[row]
            before = sums[product] if last[product] == bar else 0
            after = before + records[row]
            found += (after > 0) - (before > 0)
            last[product], sums[product] = bar, after
        counts[bar] += found
