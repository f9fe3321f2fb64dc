"""Check whether the parts of Dojo respond: for load balancers, monitoring and startup."""

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dojo import clocks, engine, heartbeat, supervisor
from dojo.metrics import metrics
from dojo.request_times import ROUTE

logger = logging.getLogger(__name__)

OK = "ok"
SILENT = "does not answer"


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            # One of our tables, because SQLite answers "SELECT 1" without its file.
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
    except DatabaseError as error:
        logger.warning("The database does not answer: %s", error)
        return SILENT
    return OK


def _redis_and_signs() -> dict[str, str]:
    """The states of Redis, and of the processes that send heartbeats to it."""
    try:
        with heartbeat.connect() as client:
            worker = OK if heartbeat.living_workers(client) else SILENT
            return {"redis": OK, "worker": worker, "inbox": _inbox(client)}
    except redis.RedisError as error:
        logger.warning("Redis does not answer: %s", error)
        return {"redis": SILENT, **dict.fromkeys(("worker", "inbox"), "unknown without Redis")}


def _inbox(client: "redis.Redis") -> str:
    if not heartbeat.inbox_lives(client):
        return SILENT
    stuck = heartbeat.stuck_inboxes(client)
    return f"does not move: {', '.join(stuck)}" if stuck else OK


def _processes() -> str:
    try:
        ending = [process.name for process in supervisor.processes() if process.keeps_ending]
    except supervisor.Silent as error:
        logger.warning("The supervisor does not answer: %s", error)
        return SILENT
    return f"{', '.join(ending)}: ends again and again, see logs/dojo.log" if ending else OK


def _clock(*, database: bool, redis: bool) -> str:
    """How this machine's clock differs from those of parts that respond; others aren't waited for a second time."""
    return ", ".join(clocks.differences(database=database, redis=redis)) or OK


def _engine() -> dict[str, str]:
    """The cluster, where there is one."""
    if not settings.ENGINE_URL:
        return {}
    return {"engine": OK if engine.answers(settings.ENGINE_URL) else SILENT}


def check() -> dict[str, str]:
    """``{"database": …, "redis": …, "worker": …, "inbox": …, "processes": …, "clock": …}``: "ok", or what is wrong.

    Where a cluster answers for large data sets it is among them, as "engine".
    """
    parts = {"database": _database(), **_redis_and_signs(), "processes": _processes()}
    clock = _clock(database=parts["database"] == OK, redis=parts["redis"] == OK)
    return {**parts, "clock": clock, **_engine()}


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 if all parts respond, else 503; both list every part, and the version."""
    parts = check()
    healthy = all(state == OK for state in parts.values())
    said = {"status": OK if healthy else "failing", "version": settings.VERSION, **parts}
    response = JsonResponse(said, status=200 if healthy else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # not a failed request: the answer says it all
    return response


_AT_ONCE = {"/healthz": ("healthz", healthz), "/metrics": ("metrics", metrics)}


class HealthMiddleware:
    """Middleware that answers /healthz and /metrics at once.

    Resolving the URL would load every page, 35 MB, in processes that may never show one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name, view = _AT_ONCE.get(request.path_info, ("", self._get_response))
        if name:
            request.META[ROUTE] = name
        return view(request)
