"""The section of the page of figures about what isn't a file of Dojo's own form: tables and topics."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.markdown import met

TABLE_BAR = 0.5  # of the own form's records a second
TOPIC_BAR = 30_000  # records a second


def section(lines: Sequence[dict[str, Any]], tables: Sequence[dict[str, Any]], topic: dict[str, Any]) -> str:
    """``lines`` and ``tables`` are imports of the same records; ``topic`` is the answer of ``benchmarks.topic``."""
    ratio = _median(lines) / _median(tables)
    said = [
        f"- **A mapped CSV: {ratio:.2f} of the records a second of JSON Lines**, by medians of the whole import; bar "
        f"at least {TABLE_BAR}: **{met(ratio >= TABLE_BAR)}**"
    ]
    if topic:
        rate = topic["records"] / topic["seconds"]
        said.append(
            f"- **A topic of Kafka: {rate:,.0f} records a second** into the table ({topic['records']:,} records of "
            f"{topic['partitions']} partitions, {topic['seconds']:.1f} s); bar at least {TOPIC_BAR:,}: "
            f"**{met(rate >= TOPIC_BAR)}**"
        )
    else:
        said.append("- A topic of Kafka: not measured, which needs `make setup EXTRAS=streams`")
    return "## Tables and topics\n\n" + "\n".join(said)


def method(topic: dict[str, Any]) -> list[str]:
    said = [
        "The mapped CSV has the same records in columns of other names, without custom contexts; the mapping is what "
        "Dojo suggests. It is measured as the other files are, in turn with them."
    ]
    if topic:
        said.append(
            "The topic: the whole product reads it, from a broker on the same cores. The clock runs from the first "
            "records in the table to the last."
        )
    return said


def _median(timings: Sequence[dict[str, Any]]) -> float:
    return statistics.median(float(timing["seconds"]) for timing in timings)
