"""The loops that count different products, compiled: over what each day's interactions name (named.py).

All of them are given the arrays that they write into. ``spans`` are some of those of a piece, of which ``starts`` says
where their rows begin, in ``codes`` and ``amounts``; ``meanings`` has the products that the codes mean. Rows are put
with those of their bar, the first of which is ``first``: into ``products`` and ``records``, where ``ends`` says where
those of each bar end so far.
"""

from __future__ import annotations

from typing import Any

from interactions.analytics.index.loops import compiled


@compiled
def gather(
    spans: Any,
    bars: Any,
    starts: Any,
    codes: Any,
    amounts: Any,
    meanings: Any,
    first: int,
    ends: Any,
    products: Any,
    records: Any,
) -> None:
    """Add the rows of spans that lie in one bar each."""
    for place in range(len(spans)):
        span = spans[place]
        end = ends[bars[place] - first]
        for row in range(starts[span], starts[span + 1]):
            products[end], records[end] = meanings[codes[row]], amounts[row]
            end += 1
        ends[bars[place] - first] = end


@compiled
def gather_quarters(
    spans: Any,
    bars: Any,
    starts: Any,
    codes: Any,
    amounts: Any,
    quarter_starts: Any,
    quarters: Any,
    meanings: Any,
    first: int,
    ends: Any,
    products: Any,
    records: Any,
) -> None:
    """Add the rows of spans that do not: for each product one a quarter.

    ``bars`` has, for each span, that of each of its quarters, or one below 0. There are as many ``quarters`` as the
    amounts of the span's rows say, row by row and in order, from ``quarter_starts`` on.
    """
    for place in range(len(spans)):
        span = spans[place]
        index = quarter_starts[span]
        for row in range(starts[span], starts[span + 1]):
            product = meanings[codes[row]]
            until = index + amounts[row]
            while index < until:
                quarter = quarters[index]
                begin = index
                while index < until and quarters[index] == quarter:
                    index += 1
                bar = bars[place, quarter] - first
                if 0 <= bar < len(ends):
                    end = ends[bar]
                    products[end], records[end] = product, index - begin
                    ends[bar] = end + 1


@compiled
def measure_quarters(spans: Any, bars: Any, quarter_starts: Any, quarters: Any, sizes: Any) -> None:
    """Add to ``sizes`` how many rows :func:`gather_quarters` has for each bar, at most."""
    for place in range(len(spans)):
        span = spans[place]
        for index in range(quarter_starts[span], quarter_starts[span + 1]):
            bar = bars[place, quarters[index]]
            if bar >= 0:
                sizes[bar] += 1


@compiled
def count(begins: Any, ends: Any, first: int, products: Any, records: Any, last: Any, sums: Any, counts: Any) -> None:
    """Count for each bar the products of which there is a record in it, all amounts taken together.

    The rows of the bar ``first`` and of those that follow are from ``begins`` to ``ends``. ``last`` and ``sums`` have
    a place a product: the bar in which it was seen last, and how many records it had there so far.
    """
    for place in range(len(begins)):
        bar = first + place
        found = 0
        for row in range(begins[place], ends[place]):
            product = products[row]
            before = sums[product] if last[product] == bar else 0
            after = before + records[row]
            found += (after > 0) - (before > 0)
            last[product], sums[product] = bar, after
        counts[bar] += found
