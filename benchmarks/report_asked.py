"""The section of the page of figures about analysts' questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.markdown import met, table

COLD_BAR = 500  # ms
BAR_RECORDS = 10_000_000
RATIO_BAR = 5

Page = dict[str, Any]


def section(pages: Sequence[Page]) -> str:
    """``pages`` are answers of ``benchmarks.pages`` or ``benchmarks.asked``, one a size."""
    parts = ["## Analysts' questions", _cold(pages)]
    return "\n\n".join([*parts, *(_peer(page) for page in pages if page["asked"]["theirs"])])


def method() -> list[str]:
    return [
        "Analysts' questions: each with each filter, one after the other in a fresh process, with nothing remembered "
        "between them; their loops are loaded, and the index is in the system's page cache. ClickHouse's engine has "
        "the table of the dashboard's questions, and the better of two runs. All answers were compared and are equal.",
    ]


def _cold(pages: Sequence[Page]) -> str:
    """For each question, the time without a filter, and the longest with any."""
    ours = [page["asked"]["ours"] for page in pages]
    names = next(iter(ours[0].values()))["seconds"] if ours else ()
    rows = [(name, *(_longest(page, name) for page in pages)) for name in names]
    return table(("No filter; the slowest filter, ms", *(f"{page['records']:,}" for page in pages)), rows)


def _longest(page: Page, question: str) -> str:
    seconds = {name: found["seconds"][question] for name, found in page["asked"]["ours"].items()}
    slowest = max(seconds, key=lambda name: seconds[name])
    text = f"{_ms(next(iter(seconds.values())))}; {_ms(seconds[slowest])} with {slowest}"
    if page["records"] != BAR_RECORDS:
        return text
    return f"{text}, ≤ {COLD_BAR}: {met(seconds[slowest] * 1000 <= COLD_BAR)}"


def _peer(page: Page) -> str:
    ours, theirs = page["asked"]["ours"], page["asked"]["theirs"]
    names = next(iter(ours.values()))["seconds"]
    rows, lowest = [], float("inf")
    for name in names:
        for_all = [(theirs["filters"][each]["seconds"][name], ours[each]["seconds"][name]) for each in ours]
        plain, total = for_all[0], (sum(each[0] for each in for_all), sum(each[1] for each in for_all))
        lowest = min(lowest, total[0] / total[1])
        rows.append((name, *_compared(*plain), *_compared(*total)))
    heading = ("At {:,} records".format(page["records"]), "ClickHouse's engine", "Dojo, cold", "ratio")
    heading = (*heading, "ClickHouse's engine, all filters", "Dojo, cold", "ratio")
    verdict = f"- **Least ratio to ClickHouse's engine {theirs['version']}, over all filters: {lowest:.1f}**"
    if page["records"] == BAR_RECORDS:
        verdict += f"; bar at least {RATIO_BAR}: **{met(lowest >= RATIO_BAR)}**"
    return f"{table(heading, rows)}\n\n{verdict}"


def _compared(theirs: float, ours: float) -> Iterator[str]:
    yield from (_ms(theirs), _ms(ours), f"{theirs / ours:.1f}")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f}"
