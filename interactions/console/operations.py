"""The Operations page: how the whole of Dojo is doing, and what to do about it."""

from __future__ import annotations

from typing import Any

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dojo import health, heartbeat, restarts
from interactions.console.fragments import page_or_fragment
from interactions.errors import DataNotReady
from interactions.models import Environment
from interactions.operations import disk_figures, environment_figures, queue_figures
from interactions.operations.advice import advice
from interactions.operations.machine import QueueFigures


@require_safe
@never_cache
def operations(request: HttpRequest) -> HttpResponse:
    """All figures of now; htmx asks for them again every ten seconds."""
    parts, disk, queue = health.check(), disk_figures(), _queue()
    figures, unreadable = [], []
    for environment in Environment.objects.all():
        try:
            figures.append(environment_figures(environment))
        except DataNotReady as error:
            unreadable.append((environment, str(error)))
    context: dict[str, Any] = {
        "parts": parts,
        "disk": disk,
        "used": disk.total - disk.free,
        "reserve": settings.DISK_RESERVE_BYTES,
        "queue": queue,
        "figures": figures,
        "unreadable": unreadable,
        "restarts": restarts.read(restarts.path_in(settings.SCRATCH_DIR)),
        "advice": advice(parts, disk, queue, figures),
        "backup_url": settings.BACKUP_URL,
        "now": timezone.now(),
    }
    return page_or_fragment(request, "operations/page.html", "now", context)


def _queue() -> QueueFigures | None:
    try:
        with heartbeat.connect() as client:
            return queue_figures(client)
    except redis.RedisError:
        return None  # the parts say that it doesn't answer
