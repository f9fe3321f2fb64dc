"""The section of the page of figures about erasing people."""

from __future__ import annotations

from typing import Any

from benchmarks.markdown import megabytes, met, table

HIDDEN_BAR, VERIFIED_BAR = 1.0, 60.0  # seconds, for 1,000 people of 10 million records


def section(found: dict[str, Any]) -> str:
    """``found`` is the answer of ``benchmarks.erasing``."""
    quiet, busy = found["quiet"], found["busy"]
    rows = [
        (name, f"{run['hidden']:.2f}", f"{run['verified']:.1f}", f"{run['erased']:,}", _memory(run))
        for name, run in (("with nothing else to do", quiet), ("while Dojo is at work", busy))
    ]
    heading = ("", "hidden after, s", "verified after, s", "records erased", "peak a worker, MB")
    runs = (quiet, busy)
    is_hidden = all(run["hidden"] <= HIDDEN_BAR for run in runs)
    is_verified = all(run["verified"] <= VERIFIED_BAR for run in runs)
    return (
        f"## Erasing {quiet['people']:,} people from {quiet['rows']:,} records\n\n"
        f"{table(heading, rows)}\n\n"
        f"- Bars, for 1,000 people of 10,000,000 records: hidden within {HIDDEN_BAR:.0f} s: **{met(is_hidden)}**, "
        f"verified within {VERIFIED_BAR:.0f} s: **{met(is_verified)}**\n{_beside(found)}"
    )


def _beside(found: dict[str, Any]) -> str:
    calls, questions, loaded = found["calls"], found["questions"], found["import"]
    return (
        f"- Meanwhile {calls['count']:,} calls of the API, one after the other: median {calls['p50']:.0f} ms, p99 "
        f"{calls['p99']:.0f} ms, {calls['failures']} failed\n"
        f"- {questions['count']:,} questions of the dashboard: median {questions['p50']:.0f} ms, longest "
        f"{questions['longest']:,.0f} ms, {questions['failures']} failed\n"
        f"- An import of {loaded['records']:,} records into the same environment took {loaded['seconds']:.1f} s"
    )


def method() -> list[str]:
    return [
        "Erasing: the running product; people drawn from all parts of the table are named by one call of the API. "
        '"Hidden" is the answer to that call, after which a question for them finds nothing; "verified" is the end of '
        "the erasure, after every store was counted again. Both begin once nothing else is done, as summaries are made "
        "anew of what was written. Afterwards the table's own files are read for the keys.",
        '"At work": calls 50 ms apart, a question of the dashboard (records by type) each second, and an import, all '
        "begun before the call that names the people. Their times are counted from the end of one to the next.",
    ]


def _memory(run: dict[str, Any]) -> str:
    return " / ".join(str(megabytes(peak)) for peak in run["peaks"]) or "–"
