"""The figures of one run as the page that is printed and kept; nothing in it but what was measured."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks import report_api, report_asked, report_erasing, report_pages, report_sources, report_store
from benchmarks.markdown import megabytes, met, ranks, table

RATIO_BAR = 1.5
PEAK_BAR = 300  # MB a worker process
AGAIN_BAR, BESIDE_BAR = 1.3, 1.5  # times the first import, by medians

Timing = dict[str, Any]


@dataclass(slots=True)
class Figures:
    """What one run has measured: lists have an entry a round, timings are as ``importing.Timing`` has them.

    ``pages`` are what ``pages`` has answered, one a size; ``api`` is what ``calling`` has answered;
    both are empty where they were left out.
    """

    records: int
    size: int
    cores: int
    rounds: int
    machine: dict[str, str]
    date: str
    duckdb: list[Timing] = field(default_factory=list)
    pandas: list[Timing] = field(default_factory=list)
    lines: list[Timing] = field(default_factory=list)
    again: list[Timing] = field(default_factory=list)
    object: list[Timing] = field(default_factory=list)
    packed: list[Timing] = field(default_factory=list)
    table: list[Timing] = field(default_factory=list)
    topic: dict[str, Any] = field(default_factory=dict)
    beside: list[Timing] = field(default_factory=list)
    others: int = 0
    pages: list[dict[str, Any]] = field(default_factory=list)
    api: dict[str, Any] = field(default_factory=dict)
    erasing: dict[str, Any] = field(default_factory=dict)
    store: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Our records a second, by the command's own seconds, by DuckDB's; medians of the rounds, the same file."""
        return _median(self.duckdb) / statistics.median(float(timing["command"]) for timing in self.lines)

    @property
    def whole_ratio(self) -> float:
        """The same, from the look at the file on."""
        return _median(self.duckdb) / _median(self.lines)

    @property
    def peak(self) -> int:
        """The most that any worker process took of its own, in MB; 0 where the system does not tell.

        Without libraries and other files, which are in memory once for all processes.
        """
        ours = [*self.lines, *self.again, *self.object, *self.packed, *self.table, *self.beside]
        return max((megabytes(peak) for timing in ours for peak in timing["own"]), default=0)


def page(figures: Figures) -> str:
    """All of it as Markdown."""
    parts = [_head(figures), _importing(figures), _verdicts(figures), _phases(figures)]
    parts.append(report_sources.section(figures.lines, figures.table, figures.topic))
    if figures.pages:
        parts.append(report_pages.section(figures.pages))
        parts.append(report_asked.section(figures.pages))
    if figures.api:
        parts.append(report_api.section(figures.api))
    if figures.erasing:
        parts.append(report_erasing.section(figures.erasing))
    if figures.store:
        parts.append(report_store.section(figures.store))
    parts.append(_method(figures))
    return "\n\n".join(parts) + "\n"


def _head(figures: Figures) -> str:
    rows = [("Date", figures.date), *figures.machine.items()]
    return "# Benchmarks\n\nWritten by `make bench`, all figures from one run.\n\n" + table(("", ""), rows)


def _importing(figures: Figures) -> str:
    version = figures.duckdb[0]["version"]
    rows = [
        (f"DuckDB {version}: `read_json` → Parquet, unchecked, {figures.cores} threads", figures.duckdb),
        ("**Dojo**, JSON Lines: checked, duplicates looked for, committed", figures.lines),
        ('Dojo, `{"data":[…]}`', figures.object),
        ('Dojo, `{"data":[…]}` packed with gzip', figures.packed),
        ("Dojo, the same as a CSV with other column names, mapped", figures.table),
        ("Dojo, JSON Lines a second time: all of it duplicates", figures.again),
        (f"Dojo, JSON Lines, beside {figures.others:,} other records", figures.beside),
    ]
    if figures.pandas:
        sample = figures.pandas[0]
        rows.append(
            (
                f"pandas {sample['version']}: `read_json` → Parquet, unchecked, one core, "
                f"the first {sample['records']:,} records",
                figures.pandas,
            )
        )
    heading = ("", "times", "best, s", "median, s", "records/s", "peak a worker, MB", "of it its own, MB")
    each = figures.size / figures.records
    return (
        f"## Importing {figures.records:,} records\n\n{figures.size / 1e6:,.0f} MB of JSON Lines, {each:,.0f} bytes "
        "a record. Records a second are those of the median.\n\n"
        + table(heading, [(name, *_cells(timings)) for name, timings in rows if timings])
    )


def _cells(timings: Sequence[Timing]) -> tuple[str, ...]:
    median = _median(timings)
    return (
        str(len(timings)),
        f"{_best(timings):.2f}",
        f"{median:.2f}",
        f"{timings[0]['records'] / median:,.0f}",
        ranks(timing.get("peaks", []) for timing in timings),
        ranks(timing.get("own", []) for timing in timings),
    )


def _verdicts(figures: Figures) -> str:
    lines = [
        f"- **Ratio to DuckDB: {figures.ratio:.2f}** by medians of the seconds that `import_interactions` reports "
        f"({figures.whole_ratio:.2f} from the look at the file on, as in the table); "
        f"bar at least {RATIO_BAR:.1f}: **{met(figures.ratio >= RATIO_BAR)}**"
    ]
    for name, timings, bar in (
        ("A second time", figures.again, AGAIN_BAR),
        ("Beside others", figures.beside, BESIDE_BAR),
    ):
        if timings:
            times = _median(timings) / _median(figures.lines)
            lines.append(
                f"- **{name}: {times:.2f} times the first import**; bar at most {bar}: **{met(times <= bar)}**"
            )
    if figures.peak:
        lines.append(
            f"- **Peak memory: {figures.peak} MB** of its own in the largest worker process; "
            f"bar at most {PEAK_BAR} MB: **{met(figures.peak <= PEAK_BAR)}**"
        )
    else:
        lines.append("- Peak memory: not measured, only Linux tells it")
    return "\n".join(lines)


def _phases(figures: Figures) -> str:
    """Where the time goes, from the round in the middle."""
    rows = []
    named = (("JSON Lines", figures.lines), ("CSV", figures.table))
    for name, timings in (*named, ("a second time", figures.again), ("beside", figures.beside)):
        if timings:
            timing = sorted(timings, key=lambda one: one["seconds"])[len(timings) // 2]
            before = timing["seconds"] - timing["loading"]
            phases = (timing["phases"].get(phase) for phase in ("planning", "blocks", "committing"))
            rows.append((name, f"{before:.2f}", *("–" if seconds is None else f"{seconds:.2f}" for seconds in phases)))
    heading = ("Seconds", "looking at the file", "planning", "reading blocks", "duplicates and commit")
    return "Where the time goes, in the round in the middle:\n\n" + table(heading, rows)


def _method(figures: Figures) -> str:
    copies = figures.others // figures.records
    lines = [
        f"Each import was measured {_times(figures.rounds)}, the peers and ours in turn, so that nobody has the better "
        "moments. All files were read once before: everybody reads them from the system's page cache.",
        "DuckDB and pandas: a fresh process each time; the clock runs while they work, not while they are loaded.",
        f"Dojo: a fresh data folder each time, a real Redis and {figures.cores} real worker processes, started before "
        "the clock and without any work done yet. The clock runs from the first step of the import until its row says "
        "that it is done: looked at, cut into blocks, checked, duplicates looked for, committed to the table. The row "
        "is looked at twenty times a second. The seconds that `import_interactions` reports begin when loading does.",
        'The second time and "beside": by the same workers, which have just carried another import.',
        f'"Beside", once: the parts of one import were written {_times(copies)}, with other people and fingerprints. '
        "They are of the same time, so none can be left out of the search for duplicates.",
        "Memory: the kernel's own note of the most that was resident in each worker process (VmHWM). Libraries that "
        'the processes share are counted in each; "its own" is without them (RssAnon, twenty times a second).',
    ]
    lines += report_sources.method(figures.topic)
    if figures.pages:
        lines += report_pages.method()
        lines += report_asked.method()
    if figures.api:
        lines += report_api.method(figures.api)
    if figures.erasing:
        lines += report_erasing.method()
    if figures.store:
        lines += report_store.method()
    return "## How it was measured\n\n" + "\n".join(f"- {line}" for line in lines)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _best(timings: Iterable[Timing]) -> float:
    return min(float(timing["seconds"]) for timing in timings)


def _median(timings: Iterable[Timing]) -> float:
    return statistics.median(float(timing["seconds"]) for timing in timings)
