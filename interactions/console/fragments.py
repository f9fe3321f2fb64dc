"""One address, two answers: the whole page, or for htmx the named part of it that changes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def page_or_fragment(request: HttpRequest, template: str, fragment: str, context: dict[str, Any]) -> HttpResponse:
    """The page ``template``, or its partial ``fragment`` where htmx asks for it.

    The view names the fragment, never the client. ``Vary`` keeps a browser that goes back
    from showing a bare fragment out of its cache.
    """
    asked_by_htmx = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    response = render(request, f"{template}#{fragment}" if asked_by_htmx else template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response
