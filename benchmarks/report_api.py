"""The live API's section of the page of figures."""

from __future__ import annotations

from typing import Any

from benchmarks.markdown import megabytes, met, ranks, table

RATE_BAR = 1_000  # calls of one record a second
P99_BAR = 50  # ms, of these calls
LARGE_RECORDS, LARGE_BAR = 10_000, 250  # ms by the median, one call at a time
PEAK_BAR = 300  # MB a web process

Found = dict[str, Any]


def section(found: Found) -> str:
    """All that ``benchmarks.calling`` has answered, as Markdown."""
    return "\n\n".join((_calls(found), _verdicts(found), _steady(found)))


def method(found: Found) -> list[str]:
    """How it was measured, a sentence or two each."""
    return [
        f"The API: `manage.py run` with everything that belongs to it, on a fresh data folder, {found['web_workers']} "
        "web processes. One client process with one thread sends over kept connections, its calls made beforehand; it "
        "uses the same cores. All records are different. A call's time ends with the last byte of its answer.",
        "The empty 200: the web server with the same options, a Django site that does nothing, the same calls of one "
        "record, before Dojo was started.",
        "After each measurement the inbox had to become empty and the table was counted: each acknowledged record is "
        f"there exactly once, {found['stored']:,} in all.",
        "The steady run: a call's time begins when it is due, whether or not a connection is free. The n-th "
        "acknowledged record is visible when the table has n; the table is looked at about ten times a second.",
        "Memory of the web processes: as for workers, over all of the API's measurements.",
        "A DELETE: from sending it to its answer; a question asked right after it must no longer see the records.",
    ]


def _calls(found: Found) -> str:
    rows = [
        ("an empty 200", found["empty"]),
        ("**one record**", found["single"]),
        *((f"{one['records']:,} records", one) for one in found["large"]),
    ]
    heading = ("A call with", "calls", "at a time", "calls/s", "records/s", "p50, ms", "p99, ms", "longest, ms")
    return "## The live API\n\n" + table(
        heading,
        [
            (
                name,
                f"{one['calls']:,}",
                str(one["connections"]),
                f"{_rate(one):,.1f}" if _rate(one) < 100 else f"{_rate(one):,.0f}",
                f"{_rate(one) * one['records']:,.0f}" if one is not found["empty"] else "–",
                *(f"{one[name]:.1f}" for name in ("p50", "p99", "longest")),
            )
            for name, one in rows
        ],
    )


def _verdicts(found: Found) -> str:
    single, empty = found["single"], found["empty"]
    large = next(one for one in found["large"] if (one["records"], one["connections"]) == (LARGE_RECORDS, 1))
    lines = [
        f"- **Calls of one record: {_rate(single):,.0f} a second, p99 {single['p99']:.1f} ms**; bars at least "
        f"{RATE_BAR:,} and at most {P99_BAR} ms: **{met(_rate(single) >= RATE_BAR)}, {met(single['p99'] <= P99_BAR)}**",
        f"- Ratio to an empty 200: {_rate(single) / _rate(empty):.2f}",
        f"- **A call of {LARGE_RECORDS:,} records: {large['p50']:.0f} ms** by the median; bar at most {LARGE_BAR} ms: "
        f"**{met(large['p50'] <= LARGE_BAR)}**",
    ]
    if found["peaks"]:
        peak = megabytes(found["peaks"][0])
        lines.append(
            f"- **Peak memory of the web processes: {ranks([found['peaks']])} MB**, of it their own "
            f"{ranks([found['own']])} MB; bar at most {PEAK_BAR} MB each: **{met(peak <= PEAK_BAR)}**"
        )
    else:
        lines.append("- Peak memory of the web processes: not measured, only Linux tells it")
    deletion = found["deletion"]
    lines.append(
        f"- DELETE of one user until hidden: {deletion['median']:.0f} ms by the median of {deletion['people']}, "
        f"{deletion['longest']:.0f} ms at most"
    )
    return "\n".join(lines)


def _steady(found: Found) -> str:
    steady = found["steady"]
    visible = steady["visible"]
    rows = [
        ("Acknowledged, and in the table exactly once", f"{steady['calls']:,} of {steady['calls']:,}"),
        (
            "Time of a call: p50, p99, longest",
            " · ".join(f"{steady[name]:.1f} ms" for name in ("p50", "p99", "longest")),
        ),
        (
            "Until visible: p50, p99, longest",
            " · ".join(f"{visible[name]:.2f} s" for name in ("p50", "p99", "longest")),
        ),
        ("Largest backlog seen in the inbox", f"{steady['backlog']:,} records"),
        ("After the run, until the inbox was empty", f"{steady['drained']:.1f} s"),
    ]
    rate = round(_rate(steady))
    return f"A steady run, {rate:,} calls of one record a second for {steady['seconds']:.0f} s:\n\n" + table(
        ("", ""), rows
    )


def _rate(one: Found) -> float:
    """Calls a second."""
    return float(one["calls"] / one["seconds"])
