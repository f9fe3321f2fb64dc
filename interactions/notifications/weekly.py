"""The weekly summary by e-mail: the past week against the week before, Mondays at 08:00 in the environment's zone.

It has numbers, types and products, and no ids of people. The notification's key is the week, so it's made once however
many schedulers run, and each member gets it once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from interactions.errors import DataNotReady
from interactions.models import Environment, Import, Notification, NotificationChannel
from interactions.notifications.events import NotifiedEvent
from interactions.notifications.links import link
from interactions.notifications.tell import hand_out, may_be_told
from interactions.product_names import names_of, with_name

logger = logging.getLogger(__name__)

HOUR: Final = 8
_LATE: Final = timedelta(hours=40)  # still sent after a night of downtime; on Wednesday it would be stale
_TOP: Final = 5


@dataclass(frozen=True, slots=True)
class WeekFigure:
    """A figure of the week and of the week before; ``text`` and ``before`` as they are shown."""

    label: str
    text: str
    before: str
    change: str


@dataclass(frozen=True, slots=True)
class WeekSummary:
    """What a summary says. ``first`` and ``last`` are days in the environment's zone."""

    environment: Environment
    first: date
    last: date
    figures: list[WeekFigure]
    types: list[tuple[str, str]]
    products: list[tuple[str, str]]
    health: str
    problems: list[str]

    @property
    def path(self) -> str:
        query = f"?from={self.first.isoformat()}&to={self.last.isoformat()}"
        return f"/{self.environment.slug}/interactions/{query}"

    @property
    def url(self) -> str:
        return link(self.path)


def send_due(now: datetime | None = None) -> None:
    """Send the summaries that are due, to members who don't have this week's yet."""
    now = now or timezone.now()
    for environment in Environment.objects.all():
        monday = due_week(environment, now)
        channels = _channels(environment)
        if monday is None or not channels:
            continue
        try:
            _send(environment, monday, channels)
        except DataNotReady as reason:  # the next time
            logger.info("The weekly summary of %s waits: %s", environment.slug, reason)


def due_week(environment: Environment, now: datetime) -> date | None:
    """The Monday after the week to sum up, from Monday 08:00 on for 40 hours; None at other times."""
    local = now.astimezone(environment.zone)
    monday = local.date() - timedelta(days=local.weekday())
    due = datetime.combine(monday, time(HOUR), environment.zone)
    return monday if timedelta(0) <= now - due < _LATE else None


def _channels(environment: Environment) -> list[NotificationChannel]:
    rows = environment.notification_channels.filter(
        is_weekly=True, is_paused=False, kind=NotificationChannel.Kind.EMAIL
    )
    return [row for row in rows.select_related("user", "environment") if may_be_told(row, NotifiedEvent.WEEKLY)]


def _send(environment: Environment, monday: date, channels: list[NotificationChannel]) -> None:
    key = f"weekly:{environment.pk}:{monday.isoformat()}"
    notification = Notification.objects.filter(key=key).first()
    if notification is None:
        summary = summary_of(environment, monday)
        row = Notification(
            environment=environment,
            event=NotifiedEvent.WEEKLY,
            key=key,
            title=f"{environment.name}: {_day(summary.first)} to {_day(summary.last)}",
            text=render_to_string("notifications/weekly.txt", {"summary": summary}).strip(),
            html=render_to_string("notifications/weekly.html", {"summary": summary}),
            path=summary.path,
        )
        Notification.objects.bulk_create([row], ignore_conflicts=True)  # another scheduler may have made it
        notification = Notification.objects.get(key=key)
    with transaction.atomic():
        hand_out(notification, channels)


def summary_of(environment: Environment, monday: date) -> WeekSummary:
    """The summary of the seven days before ``monday``. Raises DataNotReady."""
    from interactions import readiness  # these load the analytics packages
    from interactions.analytics.data_sets import settled
    from interactions.analytics.filters import Filter
    from interactions.analytics.periods import Period
    from interactions.analytics.reports.breakdowns import Subject, top
    from interactions.analytics.reports.totals import by_type, compared

    zone, engine = environment.zone, settled(environment.slug)
    first, last = monday - timedelta(days=7), monday - timedelta(days=1)
    filter = Filter(Period.of_days(first, last, zone))
    now, before = compared(engine, filter, zone)
    products = top(engine, filter, Subject.PRODUCTS, _TOP)
    products = products[~products["is_other"].astype(bool)]
    names = names_of(environment, products["product_id"])
    types = by_type(engine, filter).head(_TOP)
    report = readiness.report(environment)
    return WeekSummary(
        environment,
        first,
        last,
        figures=_figures(environment, now, before),
        types=[(str(row.type), f"{row.records:,}") for row in types.itertuples()],
        products=[(with_name(str(row.product_id), names), f"{row.views:,}") for row in products.itertuples()],
        health=report.overall.value if report.records else "",
        problems=_problems(environment, filter.period.start, filter.period.end),
    )


def _figures(environment: Environment, now: object, before: object) -> list[WeekFigure]:
    from interactions.contract import currencies

    def number(value: float) -> str:
        return f"{value:,.0f}"

    def money(value: float) -> str:
        return currencies.money(value, environment.currency)

    found = []
    for label, name, written in (
        ("Records", "interactions", number),
        ("People", "people", number),
        ("Sessions", "sessions", number),
        ("Revenue", "revenue", money),
    ):
        value, earlier = getattr(now, name, 0), getattr(before, name, 0)
        found.append(WeekFigure(label, written(value), written(earlier), _change(value, earlier)))
    return found


def _change(now: float, before: float) -> str:
    return f"{(now - before) / before:+.1%}" if before else "–"


def _problems(environment: Environment, start: datetime | None, end: datetime | None) -> list[str]:
    imports = environment.imports.filter(finished_at__gte=start, finished_at__lt=end)
    failed = imports.filter(state=Import.State.FAILED).count()
    rejected = sum(imports.values_list("rejected", flat=True))
    overdue = environment.deletion_requests.filter(ended_at=None, due_at__lt=timezone.now()).count()
    said = (
        (failed, "import failed", "imports failed"),
        (rejected, "record of imports was rejected", "records of imports were rejected"),
        (overdue, "deletion request is overdue", "deletion requests are overdue"),
    )
    return [f"{count:,} {one if count == 1 else many}" for count, one, many in said if count]


def _day(day: date) -> str:
    return f"{day:%b} {day.day}"
