"""The section of the page of figures about an object store."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.markdown import met, table

IMPORT_BAR, WARM_BAR, AFTER_BAR = 1.5, 1.5, 3.0
"""Times the import on a disk; times the page on a disk; seconds from another node's commit to a page with it."""

Timing = dict[str, Any]


def section(found: dict[str, Any]) -> str:
    """``found`` is the answer of ``benchmarks.object_store``."""
    local, stored, elsewhere = found["local"], found["stored"], found["elsewhere"]
    disk, node = found["disk"], found["node"]
    records = local[0]["records"]
    rows = [
        (f"importing {records:,} records, s", *_both(local, stored, "seconds", "{:.2f}")),
        ("of it processor time of Dojo, s", *_both(local, stored, "cpu", "{:.2f}")),
        ("of it processor time of moto itself, s", "", f"{_median(stored, 'beside'):.2f}", ""),
        ("importing a file that another node received, s", *_both(local, elsewhere, "seconds", "{:.2f}")),
        ("of it processor time of Dojo, s", *_both(local, elsewhere, "cpu", "{:.2f}")),
        ("of it processor time of moto itself, s", "", f"{_median(elsewhere, 'beside'):.2f}", ""),
        ("the dashboard's page, warm, ms", *_pages(disk, node, lambda page: page["warm"] * 1000, "{:.1f}")),
        ("the first page after a commit, longest of five, s", *_pages(disk, node, _longest, "{:.2f}")),
        ("the first page of all, with the index built, s", *_pages(disk, node, lambda page: page["first"], "{:.1f}")),
    ]
    seconds, cpu = (_median(stored, name) / _median(local, name) for name in ("seconds", "cpu"))
    longer = _median(elsewhere, "seconds") / _median(local, "seconds")
    least = (_median(elsewhere, "cpu") + _median(elsewhere, "beside")) / found["cores"]
    warm, after = node["warm"] / disk["warm"], _longest(node)
    return (
        f"## In an object store\n\n{table(('', 'on a disk', 'in a store', 'ratio'), rows)}\n\n"
        f"- **Importing: {seconds:.2f} times as long as on a disk**, {cpu:.2f} times the processor time; bar at most "
        f"{IMPORT_BAR}: **{met(seconds <= IMPORT_BAR)}**. A node that has to download the file takes "
        f"{longer:.2f} times as long: it and moto together need {least:.2f} s of each of the {found['cores']} cores, "
        f"{least / _median(local, 'seconds'):.2f} times\n"
        f"- **The page, warm: {warm:.2f} times**; bar at most {WARM_BAR}: **{met(warm <= WARM_BAR)}**\n"
        f"- **After another node's commit: {after:.2f} s**; bar at most {AFTER_BAR:.0f} s: "
        f"**{met(after <= AFTER_BAR)}**"
    )


def method() -> list[str]:
    return [
        "In an object store: moto's S3 server, which runs on the same cores and takes more time of them than a store "
        "would. The file lies there in pieces of 8 MB, as a browser uploads it; times are from then on, by the median. "
        "The node that received the file has copies of the pieces; another node hasn't.",
        "Its pages: two nodes with data folders of their own; one commits 200 records, the page is looked at on the "
        "other, all of its questions. The clock runs from the end of the commit to the end of the first such page.",
    ]


def _both(local: Sequence[Timing], stored: Sequence[Timing], name: str, form: str) -> tuple[str, str, str]:
    return _cells(_median(local, name), _median(stored, name), form)


def _pages(disk: Timing, node: Timing, value: Callable[[Timing], float], form: str) -> tuple[str, str, str]:
    return _cells(value(disk), value(node), form)


def _cells(disk: float, store: float, form: str) -> tuple[str, str, str]:
    return form.format(disk), form.format(store), f"{store / disk:.2f}"


def _median(timings: Sequence[Timing], name: str) -> float:
    return statistics.median(float(timing[name]) for timing in timings)


def _longest(page: Timing) -> float:
    return float(max(page["after"]))
