"""An id for each request, which is in its response, in all log lines about it, and in the tasks that it starts."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER: Final = "X-Request-ID"
ENVIRON: Final = "dojo.request_id"
"""The key of the id in a request's environ."""
_TASK_HEADER: Final = "dojo_request_id"
_GIVEN: Final = "HTTP_X_REQUEST_ID"
# The forms that proxies use: UUIDs, hexadecimal numbers, host names with a number. Nothing that could be an address.
_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")

_current: ContextVar[str] = ContextVar("request id", default="")


def current() -> str:
    """The id of the request or task that this thread is working on; empty if there is none."""
    return _current.get()


def id_of(environ: Mapping[str, Any]) -> str:
    """The id that a proxy gave to the request if it's well-formed, else a new one."""
    given = str(environ.get(_GIVEN, ""))
    return given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(16)


@contextmanager
def working_on(request_id: str) -> Iterator[None]:
    """A context in which :func:`current` returns ``request_id``."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


class RequestIds:
    """The first middleware. The gateway creates the id; without a gateway, this does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        made = request.META.setdefault(ENVIRON, "") or id_of(request.META)
        request.META[ENVIRON] = made
        with working_on(made):
            return self._get_response(request)


def connect() -> None:
    """Have tasks inherit the id of the request or task that queued them; other tasks use their own."""
    before_task_publish.connect(_send, weak=False)
    task_prerun.connect(_begin, weak=False)
    task_postrun.connect(_end, weak=False)


def _send(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None and current():
        headers[_TASK_HEADER] = current()


def _begin(task_id: str, task: Any, **_: Any) -> None:
    _current.set(task.request.get(_TASK_HEADER) or task_id)


def _end(**_: Any) -> None:
    _current.set("")
