"""Special handling of requests by path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.http import HttpResponse

Environ: TypeAlias = dict[str, Any]


def _in_words(_environ: Environ, status: int, sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Door:
    """How to handle requests under ``prefix``.

    ``before_body`` gets a WSGI environ without a body and may refuse the request; it's only called if the body is large
    or slow. ``refused`` makes the response to a request that the gateway refuses, from its environ, a status and a
    sentence. It's called in a thread, so it may query the database, and must not raise. With ``streams``, Django is
    called at once and reads the body as it arrives, in a thread that may wait. ``largest_body`` is in bytes.
    ``at_once`` gets a small body and responds in the event loop itself, or returns None to leave it to a thread.
    """

    prefix: str
    largest_body: int
    before_body: Callable[[Environ], HttpResponse | None] | None = None
    refused: Callable[[Environ, int, str], HttpResponse] = _in_words
    streams: bool = False
    at_once: Callable[[Environ, bytes], Awaitable[HttpResponse] | None] | None = None

    def leads_to(self, path: str) -> bool:
        return f"/{path.lstrip('/')}/".startswith(f"{self.prefix}/")
