"""The section of the page of figures about the dashboard's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.markdown import megabytes, met, table

BARS = {10_000_000: (1000, 100), 100_000_000: (5000, None)}  # records: ms cold, ms warm
BUILD_BARS = {10_000_000: 15, 100_000_000: 180}  # records: s


def section(pages: Sequence[dict[str, Any]]) -> str:
    """``pages`` are answers of ``benchmarks.pages``, one a size."""
    sizes = [f"{page['records']:,}" for page in pages]
    heading = ("Cold / warm, ms", *sizes)
    rows = [
        (name, *(_both(page["questions"][name]) for page in pages)) for name in (pages[0]["questions"] if pages else ())
    ]
    rows.append(("**The whole page**", *(f"**{_both(page)}**" for page in pages)))
    rows.append(("bars", *(_verdict(page) for page in pages)))
    return "## The dashboard's page\n\n" + table(heading, rows) + "\n\n" + _around(pages, sizes)


def _around(pages: Sequence[dict[str, Any]], sizes: Sequence[str]) -> str:
    rows = [
        ("building the event index, s", *(_built(page) for page in pages)),
        ("the event index on disk, MB", *(str(megabytes(page["index"]["bytes"])) for page in pages)),
        ("memory of building it, MB", *(str(megabytes(page["index"]["peak"])) for page in pages)),
        ("summing all of it up once, s", *(f"{page['built']['seconds']:.1f}" for page in pages)),
        ("segments", *(str(page["built"]["segments"]) for page in pages)),
        ("summaries on disk, MB", *(str(megabytes(page["built"]["bytes"])) for page in pages)),
        ("memory of summing up, MB", *(str(megabytes(page["built"]["peak"])) for page in pages)),
        ("starting the engine, ms", *(f"{page['started'] * 1000:.0f}" for page in pages)),
        ("memory of asking, MB", *(str(megabytes(page["peak"])) for page in pages)),
        ("summing up a part that was added, s", *(f"{page['added']['seconds']:.2f}" for page in pages)),
        ("the page after that, cold, ms", *(f"{page['added']['page'] * 1000:.0f}" for page in pages)),
        ("the page of one region of forty, cold, ms", *(_milliseconds(page["of_region"]) for page in pages)),
        ("writing the records, s", *(f"{page['written']:.0f}" for page in pages)),
    ]
    return table(("", *sizes), rows)


def method() -> list[str]:
    return [
        "The dashboard's page: thin records (people with devices, visits, products; what no question asks about is "
        "null) in parts of 50,000, each size in a data folder of its own.",
        '"Cold": all questions of the page one after the other with nothing remembered, in a fresh process that has '
        "started its engine by a question about no table; summaries are on disk and in the system's page cache. "
        '"Warm": again, nothing changed. The round in the middle.',
    ]


def _built(page: dict[str, Any]) -> str:
    seconds, bar = page["index"]["seconds"], BUILD_BARS.get(page["records"])
    return f"{seconds:.1f}" if bar is None else f"{seconds:.1f}, ≤ {bar}: {met(seconds <= bar)}"


def _milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:.0f}"


def _both(timing: dict[str, float]) -> str:
    return f"{timing['cold'] * 1000:,.0f} / {timing['warm'] * 1000:.1f}"


def _verdict(page: dict[str, Any]) -> str:
    cold, warm = BARS.get(page["records"], (None, None))
    if cold is None:
        return "–"
    said = [f"≤ {cold:,} cold: {met(page['cold'] * 1000 <= cold)}"]
    if warm is not None:
        said.append(f"≤ {warm} warm: {met(page['warm'] * 1000 <= warm)}")
    return ", ".join(said)
