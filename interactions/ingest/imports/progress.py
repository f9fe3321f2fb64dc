"""The progress of an import, from its rows: the same in every tab, after a reload and after a restart."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Sum

from interactions.models import Block, Import, Problem, SkippedEvents

_FEWEST_SECONDS = 1.0  # a rate over a shorter time means nothing
_NOT_YET_ALL = 0.99  # shown until the commit, when all is read but nothing is in the data set yet


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts so far. ``fraction`` of the bytes, 0 to 1; ``rate`` in records per second; times in seconds."""

    state: str
    phase: str
    bytes_done: int
    bytes_total: int
    fraction: float
    records: int
    accepted: int
    rejected: int
    duplicates: int
    skipped: int
    rate: float | None
    seconds: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class ImportCause:
    """Records refused for one reason. ``record`` counts from 1; it's None while earlier blocks are being read.

    Of a table, ``row`` is the first one's row of the file, as people count; None until all is read.
    """

    path: str
    rule: str
    count: int
    record: int | None
    offset: int
    value: str
    row: int | None = None


def progress(imp: Import) -> Progress:
    """The progress of an import; while it's loading, from its blocks."""
    seconds = imp.duration.total_seconds() if imp.duration else 0.0
    if imp.state in (Import.State.LOADING, Import.State.FAILED):
        sums = imp.blocks.aggregate(*(Sum(name, default=0) for name in _SUMS))
        done, records, accepted, rejected, skipped = (sums[f"{name}__sum"] for name in _SUMS)
    else:
        done, records, accepted, rejected = imp.bytes_total, imp.records, imp.accepted, imp.rejected
        skipped = imp.skipped
        done = done if imp.is_done or imp.undone_at else 0
    fraction = min(1.0, done / imp.bytes_total) if imp.bytes_total else float(imp.is_done)
    if imp.state == Import.State.LOADING:
        fraction = min(fraction, _NOT_YET_ALL)
    timed = records and seconds >= _FEWEST_SECONDS
    moving = timed and imp.state == Import.State.LOADING and fraction
    return Progress(
        state=imp.state,
        phase=imp.phase,
        bytes_done=done,
        bytes_total=imp.bytes_total,
        fraction=fraction,
        records=records,
        accepted=accepted,
        rejected=rejected,
        duplicates=imp.duplicates,
        skipped=skipped,
        rate=records / seconds if timed else None,
        seconds=seconds,
        seconds_left=seconds * (1 - fraction) / fraction if moving else None,
    )


_SUMS = ("bytes_done", "records", "accepted", "rejected", "skipped")


@dataclass(frozen=True, slots=True)
class SkippedName:
    """Skipped events with one name, and why, as a sentence."""

    name: str
    reason: str
    count: int


def skipped(imp: Import) -> list[SkippedName]:
    """The skipped events of an import, most frequent first."""
    rows = SkippedEvents.objects.filter(block__of=imp).values_list("name", "reason")
    return [SkippedName(*row) for row in rows.annotate(total=Sum("count")).order_by("-total", "name")]


def ignored_fields(imp: Import) -> list[tuple[str, int]]:
    """The fields that were left out of an import's records, most first: their names, and how many records had each."""
    found: Counter[str] = Counter()
    if imp.ignore_unknown_fields:
        for counted in imp.blocks.values_list("ignored_fields", flat=True):
            found.update(counted)
    return found.most_common()


def causes(imp: Import) -> list[ImportCause]:
    """Why records were refused, most frequent first, with the first example of each."""
    before = _records_before(imp)
    found: dict[tuple[str, str], ImportCause] = {}
    problems = Problem.objects.filter(block__of=imp).select_related("block").order_by("block__number", "pk")
    for problem in problems:
        key = (problem.path, problem.rule)
        known = found.get(key)
        base = before.get(problem.block.number)
        found[key] = ImportCause(
            path=problem.path,
            rule=problem.rule,
            count=problem.count + (known.count if known else 0),
            record=known.record if known else None if base is None else base + problem.index + 1,
            offset=known.offset if known else problem.offset,
            value=known.value if known else problem.value,
            row=known.row if known else problem.row,
        )
    return sorted(found.values(), key=lambda cause: (-cause.count, cause.path))


def _records_before(imp: Import) -> dict[int, int]:
    """For each block, the number of records before it, as far as the earlier blocks are done."""
    before: dict[int, int] = {}
    total = 0
    for number, state, records in imp.blocks.order_by("number").values_list("number", "state", "records"):
        before[number] = total
        if state != Block.State.DONE:
            break
        total += records
    return before
