"""The checks of refused records: in the last imports and the last calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from django.db.models import Sum

from interactions.ingest.live import calls as ring
from interactions.ingest.live.calls import RingAway
from interactions.models import Environment, Import, Problem
from interactions.readiness.check import Check, CheckSection, RefusalReason
from interactions.readiness.thresholds import Threshold

_IMPORTS: Final = 10
_CALLS: Final = 1_000
_CAUSES: Final = 5
_UNPROCESSABLE: Final = 422


def refused_checks(
    environment: Environment, thresholds: Mapping[str, Threshold], *, without_import: int | None = None
) -> list[Check]:
    """The share of rejected records and duplicates in the last imports, except one, and of refused live calls."""
    ended = [
        Import.State.DONE,
        Import.State.DONE_WITH_REJECTS,
        Import.State.FAILED,
    ]  # a failed one may have only rejects
    done = environment.imports.filter(state__in=ended, records__gt=0)
    done = done.exclude(pk=without_import) if without_import else done
    last = list(done.values_list("pk", "records", "rejected", "duplicates")[:_IMPORTS])
    records, rejected, duplicates = (sum(row[column] for row in last) for column in (1, 2, 3))
    of_imports = f"of {records:,} in the last {len(last)} imports" if len(last) > 1 else f"of {records:,} in the import"
    nothing = "There is no import yet."
    return [
        Check(
            "already_there", CheckSection.TIMES, duplicates / records if records else None,
            thresholds["already_there"],
            f"{duplicates:,} records {of_imports} were duplicates and were skipped." if records else nothing,
            "Duplicates do no harm, as they're skipped. Many of them mean that exports overlap more than they need to.",
            "Export only what is new since the last import.",
        ),
        Check(
            "rejected", CheckSection.REFUSED, rejected / records if records else None,
            thresholds["rejected"],
            f"{rejected:,} records {of_imports} were rejected." if records else nothing,
            "Rejected records are missing, often all records of one kind.",
            "Open the import, download its rejected records, fix them and import that file.",
            causes=_causes_of([row[0] for row in last]),
        ),
        _calls(environment, thresholds["refused_calls"]),
    ]  # fmt: skip


def _causes_of(imports: list[int]) -> list[RefusalReason]:
    found = Problem.objects.filter(block__of__in=imports).values_list("path", "rule").annotate(records=Sum("count"))
    return [RefusalReason(*row) for row in found.order_by("-records")[:_CAUSES]]


def _calls(environment: Environment, threshold: Threshold) -> Check:
    value, detail, causes = None, "", list[RefusalReason]()
    try:
        calls = [call for call in ring.recent(environment.slug, limit=_CALLS) if not call.is_deletion]
        refused = sum(call.status == _UNPROCESSABLE for call in calls)
        value = refused / len(calls) if calls else None
        detail = (
            f"{refused:,} of the last {len(calls):,} calls had invalid records."
            if calls
            else "No calls in the last 24 hours."
        )
        causes = _causes_of_calls(environment)
    except RingAway:
        detail = "Recent calls can't be shown right now."
    return Check(
        "refused_calls", CheckSection.REFUSED, value, threshold, detail,
        "A refused call stores nothing, not even its valid records.",
        "Open Live: each call shows its records and what is wrong with them.",
        causes=causes,
    )  # fmt: skip


def _causes_of_calls(environment: Environment) -> list[RefusalReason]:
    counts: Counter[tuple[str, str]] = Counter()
    for minute in ring.problems(environment.slug):
        counts[minute.cause.path, minute.cause.rule] += minute.count
    return [RefusalReason(path, rule, count) for (path, rule), count in counts.most_common(_CAUSES)]
