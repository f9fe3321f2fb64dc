"""What is special about the requests under one path."""

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
    """How requests under ``prefix`` come in.

    ``before_body`` gets a WSGI environ without a body and says whether to refuse the request at once; it is asked only
    where the body is large or slow. ``refused`` answers a request that the gateway itself refuses, from its environ, a
    status and a sentence; a thread asks it, so it may look things up, and it must not raise. With ``streams`` Django
    begins at once and reads the body as it comes, in a thread that may wait for it. ``largest_body`` is in bytes.
    ``at_once`` gets a small body and answers in the event loop itself, or gives None where a thread has to answer.
    """

    prefix: str
    largest_body: int
    before_body: Callable[[Environ], HttpResponse | None] | None = None
    refused: Callable[[Environ, int, str], HttpResponse] = _in_words
    streams: bool = False
    at_once: Callable[[Environ, bytes], Awaitable[HttpResponse] | None] | None = None

    def leads_to(self, path: str) -> bool:
        return f"/{path.lstrip('/')}/".startswith(f"{self.prefix}/")
