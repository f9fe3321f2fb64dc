"""The section of the page of figures about the dashboard's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.markdown import megabytes, met, table

COLD_BARS = {10_000_000: (250, 300), 100_000_000: (2500, 2500)}  # records: ms with no filter, ms with one
WARM_BAR = 20  # ms
BUILD_BARS = {10_000_000: 15, 100_000_000: 180}  # records: s
START_BAR = 500  # ms
MEMORY_BAR = 300  # MB a web process, at most so many records
MEMORY_RECORDS = 10_000_000
LIVE_BAR = 2  # s
KNOWN_BAR = 50  # ms that a batch of live records takes to be looked for
TENTH_BARS = {10_000_000: 4, 100_000_000: 10}  # records: s
RATIO_BAR = 8

Page = dict[str, Any]


def section(pages: Sequence[Page]) -> str:
    """``pages`` are answers of ``benchmarks.pages``, one a size."""
    sizes = [f"{page['records']:,}" for page in pages]
    parts = ["## The dashboard's page", _questions(pages, sizes), _filters(pages, sizes), _around(pages, sizes)]
    return "\n\n".join([*parts, *(_peer(page) for page in pages if page["peer"])])


def method() -> list[str]:
    return [
        "The dashboard's page: thin records (people with devices, visits, products; some visits name nobody; what no "
        "question asks about is null) in parts of 50,000, each size in a data folder of its own.",
        '"Cold": all questions of the page one after the other with nothing remembered, in a fresh process that has '
        "started its engine by questions about one record; the index is in the system's page cache. What several "
        'questions share is counted with the first. "Warm": again, nothing changed. The round in the middle.',
        "ClickHouse's engine: chDB, a MergeTree table sorted by person and time, as many threads as cores, the better "
        "of two runs of each question. Of the page, only the questions that both answer alike, over time to top "
        "devices: all their answers were compared and are equal. Dojo's times are the cold ones of the page above.",
        "Seen after an append: `keep_index` runs beside; the clock runs from the end of the append until a process "
        "that looks all the time has an index with the records in it.",
    ]


def _questions(pages: Sequence[Page], sizes: Sequence[str]) -> str:
    plain = [_plain(page) for page in pages]
    names = plain[0]["questions"] if plain else ()
    rows = [(name, *(_both(page["questions"][name]) for page in plain)) for name in names]
    rows.append(("**The whole page**", *(f"**{_both(page)}**" for page in plain)))
    return table(("No filter: cold / warm, ms", *sizes), rows)


def _filters(pages: Sequence[Page], sizes: Sequence[str]) -> str:
    names = pages[0]["filters"] if pages else ()
    rows = [(name, *(_filtered(page, name) for page in pages)) for name in names]
    return table(("The whole page: cold / warm, ms", *sizes), rows)


def _filtered(page: Page, name: str) -> str:
    timing, bars = page["filters"][name], COLD_BARS.get(page["records"])
    if bars is None:
        return _both(timing)
    bar = bars[timing is not _plain(page)]
    is_met = (timing["cold"] * 1000 <= bar, timing["warm"] * 1000 <= WARM_BAR)
    return f"{_both(timing)}; ≤ {bar:,}: {met(is_met[0])}, ≤ {WARM_BAR}: {met(is_met[1])}"


def _around(pages: Sequence[Page], sizes: Sequence[str]) -> str:
    rows = [
        ("building the index, s", *(_held(page, page["index"]["seconds"], BUILD_BARS) for page in pages)),
        ("the index on disk, MB", *(str(megabytes(page["index"]["bytes"])) for page in pages)),
        ("memory of building it, MB", *(str(megabytes(page["index"]["peak"])) for page in pages)),
        ("starting the engine, ms", *(_started(page) for page in pages)),
        ("a web process's own memory after the page, MB", *(_memory(page) for page in pages)),
        ("the Health page's question after that, ms", *(f"{_plain(page)['health'] * 1000:.0f}" for page in pages)),
        ("200 records appended, seen after, longest of five, s", *(_live(page) for page in pages)),
        (
            "an import by a tenth of the people, seen after, s",
            *(_held(page, page["upkeep"]["tenth"], TENTH_BARS) for page in pages),
        ),
        ("one by as many as there are, seen after, s", *(_everyone(page) for page in pages)),
        ("the page after that, cold, ms", *(f"{page['after'] * 1000:.0f}" for page in pages)),
        *(
            (f"{int(size):,} live records looked for in it, ms", *(_known(page, size) for page in pages))
            for size in _batches(pages)
        ),
        ("building the index of fingerprints, s", *(f"{page['known']['seconds']:.0f}" for page in pages)),
        ("writing the records, s", *(f"{page['written']:.0f}" for page in pages)),
    ]
    return table(("", *sizes), rows)


def _batches(pages: Sequence[Page]) -> Sequence[str]:
    return list(pages[0]["known"]["batches"]) if pages else []


def _known(page: Page, size: str) -> str:
    took = page["known"]["batches"][size]
    return f"{took:.0f}; ≤ {KNOWN_BAR}: {met(took <= KNOWN_BAR)}"


def _peer(page: Page) -> str:
    filters, peer = page["filters"], page["peer"]
    rows = []
    for name, theirs in peer["filters"].items():
        ours = filters[name]["shared"]
        rows.append((name, _ms(theirs["seconds"]), _ms(ours), f"{theirs['seconds'] / ours:.1f}"))
    ours = sum(filters[name]["shared"] for name in peer["filters"])
    theirs = sum(each["seconds"] for each in peer["filters"].values())
    rows.append(("**Sum**", f"**{_ms(theirs)}**", f"**{_ms(ours)}**", f"**{theirs / ours:.1f}**"))
    heading = ("The questions of both, ms", f"ClickHouse's engine {peer['version']}", "Dojo, cold", "ratio")
    verdict = f"- **Ratio to ClickHouse's engine: {theirs / ours:.1f}** at {page['records']:,} records"
    if page["records"] in COLD_BARS:
        verdict += f"; bar at least {RATIO_BAR}: **{met(theirs / ours >= RATIO_BAR)}**"
    return table(heading, rows) + f"\n\n{verdict}\n- Its table was made in {peer['made']:.0f} s"


def _plain(page: Page) -> dict[str, Any]:
    """With no filter, the first of all."""
    found: dict[str, Any] = next(iter(page["filters"].values()))
    return found


def _held(page: Page, seconds: float, bars: dict[int, int]) -> str:
    bar = bars.get(page["records"])
    return f"{seconds:.1f}" if bar is None else f"{seconds:.1f}, ≤ {bar}: {met(seconds <= bar)}"


def _started(page: Page) -> str:
    started = _ms(_plain(page)["started"])
    return f"{started}, ≤ {START_BAR}: {met(_plain(page)['started'] * 1000 <= START_BAR)}"


def _memory(page: Page) -> str:
    memory = megabytes(_plain(page)["memory"])
    most = f"; with a filter up to {megabytes(max(each['memory'] for each in page['filters'].values()))}"
    if page["records"] > MEMORY_RECORDS:
        return f"{memory}{most}"
    return f"{memory}, ≤ {MEMORY_BAR}: {met(memory <= MEMORY_BAR)}{most}"


def _live(page: Page) -> str:
    longest = max(page["upkeep"]["live"])
    return f"{longest:.1f}, ≤ {LIVE_BAR}: {met(longest <= LIVE_BAR)}"


def _everyone(page: Page) -> str:
    everyone = page["upkeep"]["all"]
    return "–" if everyone is None else f"{everyone:.1f}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f}"


def _both(timing: dict[str, float]) -> str:
    return f"{_ms(timing['cold'])} / {timing['warm'] * 1000:.1f}"
