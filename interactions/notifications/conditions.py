"""Check for conditions that no action triggers: silence, refused calls, deadlines, a full disk, poorer health."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from interactions.errors import DataNotReady
from interactions.ingest.live import calls as ring
from interactions.ingest.live.calls import Delivery, RingAway
from interactions.models import Alarm, DeletionRequest, Environment
from interactions.notifications import messages
from interactions.notifications.alarms import AlarmText, alarm, set_alarm, watch
from interactions.notifications.events import NotifiedEvent
from interactions.notifications.tell import is_listened_for

logger = logging.getLogger(__name__)

DUE_SOON: Final = timedelta(days=3)
_HOUR: Final = timedelta(hours=1)
_CALLS: Final = 2_000  # the latest ones of an hour that are looked at
_LOOKED_AT: Final = 200  # accepted calls, of which one has to have sent records
_ENOUGH: Final = 20  # records; with fewer, a share means nothing
_CALMER: Final = 0.8  # of the limit, below which it ends: hysteresis, so that it isn't reported again and again


def check() -> None:
    """Check everything but health; it's cheap, and called every minute."""
    _disk()
    for environment in Environment.objects.all():
        for look in (_quiet, _refused, _due):
            _try(look, environment)


def check_health() -> None:
    """Check the verdict of the Health page where somebody wants to know."""
    for environment in Environment.objects.all():
        if is_listened_for(NotifiedEvent.HEALTH_FELL, environment):
            _try(_health, environment)
        else:
            Alarm.objects.filter(name=_name(NotifiedEvent.HEALTH_FELL, environment)).update(is_on=False, memory={})


def _try(look: Callable[[Environment], None], environment: Environment) -> None:
    try:
        look(environment)
    except (RingAway, DataNotReady) as reason:  # unknown now; the next check may know
        logger.info("%s couldn't be checked for %s: %s", look.__name__.strip("_"), environment.slug, reason)


def _name(event: NotifiedEvent, environment: Environment | None) -> str:
    return f"{event}:{environment.pk if environment else 0}"


def _disk() -> None:
    """It begins at twice the space that stays free in any case, before anything has to wait."""
    free = shutil.disk_usage(settings.DATA_DIR).free
    name = _name(NotifiedEvent.DISK_LOW, None)
    is_on = Alarm.objects.filter(name=name, is_on=True).exists()
    limit = settings.DISK_RESERVE_BYTES * (3 if is_on else 2)
    left = f"{free / (1 << 20):,.0f} MB of the data folder's disk are free."
    watch(
        name,
        NotifiedEvent.DISK_LOW,
        None,
        is_on=free < limit,
        begun=AlarmText("Dojo's disk is nearly full", f"{left} Imports, uploads and exports will have to wait."),
        over=AlarmText("Dojo's disk has space again", left),
        path="/operations/",
    )


def _quiet(environment: Environment) -> None:
    """No records for a while, after some in the last 24 hours. Longer silence isn't news."""
    minutes = messages.rules_of(environment.pk).quiet_minutes
    last = next(
        (call for call in ring.recent(environment.slug, status="2xx", limit=_LOOKED_AT) if _is_live(call)), None
    )
    if last is None:
        return
    is_on = timezone.now() - last.at > timedelta(minutes=minutes)
    name = environment.name
    watch(
        _name(NotifiedEvent.LIVE_QUIET, environment),
        NotifiedEvent.LIVE_QUIET,
        environment,
        is_on=is_on,
        begun=AlarmText(
            f"No live records in {name} for {minutes:,} minutes",
            "Calls arrived until then. Check the site or app that sends them, and the Live page for refused calls.",
            {"minutes": minutes, "last_at": last.at.isoformat()},
        ),
        over=AlarmText(f"Live records arrive again in {name}", "The last call was accepted."),
        path=f"/{environment.slug}/live/",
    )


def _is_live(call: Delivery) -> bool:
    return call.sends_interactions and call.records > 0 and not (call.is_dry_run or call.is_aside)


def _refused(environment: Environment) -> None:
    """The share of refused records among those of the last hour's latest calls."""
    since = timezone.now() - _HOUR
    calls = [call for call in ring.recent(environment.slug, limit=_CALLS) if call.at >= since and _is_live(call)]
    sent = sum(call.records for call in calls)
    refused = sum(call.records for call in calls if call.status == 422)
    limit = messages.rules_of(environment.pk).refused_percent / 100
    name = _name(NotifiedEvent.MANY_REFUSED, environment)
    was_on = Alarm.objects.filter(name=name, is_on=True).exists()
    if sent < _ENOUGH and not (was_on and not refused):
        return
    share = refused / sent if sent else 0.0
    watch(
        name,
        NotifiedEvent.MANY_REFUSED,
        environment,
        is_on=share > (limit * _CALMER if was_on else limit),
        begun=AlarmText(
            f"{share:.1%} of live records are refused in {environment.name}",
            f"{refused:,} of {sent:,} records of the last hour were refused. Live → Problems lists the causes.",
            {"refused": refused, "sent": sent},
        ),
        over=AlarmText(
            f"Live records are accepted again in {environment.name}",
            f"{refused:,} of {sent:,} records of the last hour were refused.",
            {"refused": refused, "sent": sent},
        ),
        path=f"/{environment.slug}/live/problems/",
    )


def _due(environment: Environment) -> None:
    ended = (DeletionRequest.State.VERIFIED, DeletionRequest.State.CANCELLED)
    near = environment.deletion_requests.exclude(state__in=ended).filter(due_at__lte=timezone.now() + DUE_SOON)
    for request in near.select_related("environment"):
        messages.deletion_due(request)


def _health(environment: Environment) -> None:
    """A verdict counts once two checks in a row saw it; the first one ever is only remembered."""
    from interactions import readiness  # loads the analytics packages

    ranks = [
        verdict.value for verdict in (readiness.Overall.NOT_YET, readiness.Overall.NEARLY, readiness.Overall.READY)
    ]
    now = readiness.report(environment).overall.value
    path = f"/{environment.slug}/interactions/health/"
    with transaction.atomic():
        row = alarm(_name(NotifiedEvent.HEALTH_FELL, environment))
        seen, told = row.memory.get("seen"), row.memory.get("told", now)
        row.memory |= {"seen": now, "told": now if now == seen else told}
        row.save()
        if now != seen or now == told:
            return
        if ranks.index(now) < ranks.index(told):
            row.memory.setdefault("before", told)
            title = f'Health of {environment.name} fell to "{now}"'
            said = AlarmText(title, f'It was "{told}". The Health page says which checks are poor, and what to do.')
            set_alarm(row, NotifiedEvent.HEALTH_FELL, environment, is_on=True, said=said, path=path)
        elif row.is_on and ranks.index(now) >= ranks.index(row.memory.get("before", now)):
            row.memory.pop("before", None)
            said = AlarmText(f'Health of {environment.name} is "{now}" again', "It is as good as before.")
            set_alarm(row, NotifiedEvent.HEALTH_FELL, environment, is_on=False, said=said, path=path)
