"""One URL, two responses: the whole page or, for htmx, the part of it that changes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect, push_url

from interactions.models import Environment


def page_or_fragment(request: HttpRequest, template: str, fragment: str, context: dict[str, Any]) -> HttpResponse:
    """Render the page ``template``, or its partial ``fragment`` for htmx.

    The view names the fragment, never the client. ``Vary`` keeps the Back button from showing a bare fragment from the
    cache.
    """
    asked_by_htmx = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    response = render(request, f"{template}#{fragment}" if asked_by_htmx else template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def list_or_fragment(
    request: HttpRequest, template: str, fragment: str, context: dict[str, Any], query: str
) -> HttpResponse:
    """The same for a filtered list: a fragment also updates the address bar, with this query string.

    Pressing Enter in the form is both a change and a submit; the same list twice is one history entry.
    """
    response = page_or_fragment(request, template, fragment, context)
    if request.htmx and not request.htmx.history_restore_request:  # type: ignore[attr-defined]
        address = request.path + query
        push_url(response, request.htmx.current_url_abs_path != address and address)  # type: ignore[attr-defined]
    return response


def to_page(request: HttpRequest, name: str, environment: Environment) -> HttpResponse:
    """Redirect to a page of an environment.

    htmx is told to load it, as it would insert the page into the form otherwise.
    """
    address = reverse(name, args=[environment.slug])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)  # type: ignore[attr-defined]
