"""Figures of an environment: what it stores, what is waiting, and for how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from django.db.models import Count, Min, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from interactions.access import keys
from interactions.analytics.lag import indexed_version
from interactions.contract.schema import FIELDS
from interactions.ingest.live import calls
from interactions.models import DeletionRequest, Environment, Import, InboxEntry, Problem
from interactions.privacy import open_requests
from interactions.warehouse.lake import Lake

MOST_CAUSES: Final = 20
"""Causes of rejected records that are listed by name; rarer ones are added up."""
_RECORD: Final = "record"  # no particular field
_UNKNOWN: Final = "unknown"  # a field that isn't in the contract; its name can contain anything
_OTHERS: Final = "other causes"


class Cause(NamedTuple):
    """Why records were rejected: a field of the contract, and the contract's rule if it broke one."""

    field: str
    rule: str


@dataclass(frozen=True, slots=True)
class EnvironmentFigures:
    """One environment (its slug) as it is now. Sizes are in bytes, ages in seconds.

    ``table_version`` is -1 if nothing was ever added. ``index_lag_seconds`` is the age of the oldest commit that isn't
    in the event index. ``expiring_keys`` should be rotated soon. ``rejected`` is the sum over all listed imports.
    """

    slug: str
    name: str
    imports: Mapping[str, int]
    records: int
    table_version: int
    table_files: int
    table_bytes: int
    index_lag_seconds: float
    inbox_calls: int
    inbox_records: int
    inbox_age_seconds: float
    set_aside_calls: int
    open_requests: int
    failed_requests: int
    request_age_seconds: float
    expiring_keys: int
    rejected: Mapping[Cause, int]


def environment_figures(environment: Environment) -> EnvironmentFigures:
    """The figures of an environment, of the table as a page sees it. Raises DataNotReady, DatabaseError."""
    slug, now = environment.slug, timezone.now()
    lake = Lake(slug)
    version, parts = lake.state(trusts=True)
    inbox = InboxEntry.objects.filter(environment=environment).aggregate(
        calls=Count("pk", filter=Q(problem="")),
        records=Sum("records", filter=Q(problem="")),
        first=Min("received_at", filter=Q(problem="")),
        aside=Count("pk", filter=~Q(problem="")),
    )
    requests = open_requests(environment).aggregate(
        open=Count("pk"),
        failed=Count("pk", filter=Q(state=DeletionRequest.State.FAILED)),
        first=Min(Coalesce("hidden_at", "received_at")),
    )
    return EnvironmentFigures(
        slug=slug,
        name=environment.name,
        imports=_imports(environment),
        records=sum(part.rows for part in parts),
        table_version=version,
        table_files=len(parts),
        table_bytes=sum(part.size for part in parts),
        index_lag_seconds=_index_lag(lake, version, now),
        inbox_calls=inbox["calls"],
        inbox_records=inbox["records"] or 0,
        inbox_age_seconds=_age(inbox["first"], now),
        set_aside_calls=inbox["aside"],
        open_requests=requests["open"],
        failed_requests=requests["failed"],
        request_age_seconds=_age(requests["first"], now),
        expiring_keys=len(keys.expiring(environment)),
        rejected=_rejected(environment),
    )


def _imports(environment: Environment) -> dict[str, int]:
    """The number of imports by state, including states without imports."""
    rows = Import.objects.filter(environment=environment).order_by().values_list("state").annotate(Count("pk"))
    return {**dict.fromkeys(Import.State.values, 0), **dict(rows)}


def _index_lag(lake: Lake, version: int, now: datetime) -> float:
    indexed = indexed_version(lake.environment)
    if indexed >= version:
        return 0.0
    return _age(lake.committed_at(indexed + 1) or lake.committed_at(version), now)


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _rejected(environment: Environment) -> dict[Cause, int]:
    rows = Problem.objects.filter(block__of__environment=environment).order_by()
    counted = rows.values_list("path", "rule").annotate(total=Sum("count")).order_by("-total", "path", "rule")
    return _limited((_cause(path, rule), total) for path, rule, total in counted.iterator(1_000))


def live_causes(environment: Environment) -> dict[Cause, int]:
    """Why records of calls were refused in the last hour, and how many. Raises RingAway."""
    counted: Counter[Cause] = Counter()
    for minute in calls.problems(environment.slug, hours=1):
        counted[_cause(minute.cause.path, minute.cause.rule)] += minute.count
    return _limited(counted.most_common())


def _limited(counted: Iterable[tuple[Cause, int]]) -> dict[Cause, int]:
    """The most frequent causes, in order, and the sum of the others."""
    found: dict[Cause, int] = {}
    for cause, total in counted:
        kept = cause if cause in found or len(found) < MOST_CAUSES else Cause(_OTHERS, "")
        found[kept] = found.get(kept, 0) + total
    return found


def _cause(path: str, rule: str) -> Cause:
    field = path.partition(".")[0]
    if not field:
        return Cause(_RECORD, "")
    return Cause(field, rule) if field in FIELDS else Cause(_UNKNOWN, "")
