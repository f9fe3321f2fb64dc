"""What has a cohort in its filter: what deleting it changes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from interactions.exports.filters import restored
from interactions.models import Cohort, ExportSchedule, SavedView, ShareLink

_PARAMETER: Final = re.compile(r"(any\d+\.)?cohort!?")


@dataclass(frozen=True, slots=True)
class CohortUses:
    """The saved views and the share links that work, of all members, and the scheduled exports.

    Notifications have no filter, so none is about a cohort.
    """

    views: list[SavedView]
    links: list[ShareLink]
    schedules: list[ExportSchedule]


def uses_of(cohort: Cohort) -> CohortUses:
    """What uses a cohort now. A bookmark may, too, which nobody can know."""
    here = cohort.environment
    views = here.saved_views.filter(query__contains="cohort")
    links = here.share_links.filter(query__contains="cohort", revoked_at=None)
    schedules = here.export_schedules.filter(removed_at=None)
    return CohortUses(
        [view for view in views if _names(view.query, cohort)],
        [link for link in links if link.is_live and _names(link.query, cohort)],
        [schedule for schedule in schedules if cohort.pk in _cohorts_in(schedule)],
    )


def _names(query: str, cohort: Cohort) -> bool:
    return any(_PARAMETER.fullmatch(name) and value == str(cohort.pk) for name, value in parse_qsl(query))


def _cohorts_in(schedule: ExportSchedule) -> list[int]:
    return [each.pk for condition in restored(schedule.filter).all_cohorts for each in condition.cohorts]
