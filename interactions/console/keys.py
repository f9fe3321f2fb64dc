"""The API keys of an environment: list, create, rotate and revoke."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from interactions.access import keys as using
from interactions.console.fragments import page_or_fragment, to_page
from interactions.console.gate import person
from interactions.console.key_forms import KeyForm, RotateForm
from interactions.errors import DojoError
from interactions.models import ApiKey, Environment


@require_safe
@never_cache
def keys(request: HttpRequest, environment: str) -> HttpResponse:
    """All keys: active ones first, then ended ones; newest first."""
    here = get_object_or_404(Environment, slug=environment)
    return page_or_fragment(request, "keys/list.html", "list", _listed(request, here))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def key_create(request: HttpRequest, environment: str) -> HttpResponse:
    """Create a key and show it once."""
    here = get_object_or_404(Environment, slug=environment)
    form = KeyForm(here.zone, request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return page_or_fragment(request, "keys/create.html", "form", {"environment": here, "form": form})
    if form.is_sent_again():
        return _shown_before(request, here)
    key, text = using.create(
        here,
        kind=ApiKey.Kind(form.cleaned_data["kind"]),
        name=form.cleaned_data["name"],
        user=person(request),
        allowed_origins=form.cleaned_data["allowed_origins"],
        scopes=form.cleaned_data["scopes"],
        expires_at=form.expires_at,
    )
    return _shown(request, here, key, text)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def key_rotate(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Replace a key and show the new one once."""
    old = _find(environment, pk)
    form = RotateForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        context = {"environment": old.environment, "form": form, "key": old}
        return page_or_fragment(request, "keys/rotate.html", "form", context)
    if form.is_sent_again():
        return _shown_before(request, old.environment)
    try:
        key, text = using.rotate(old, timedelta(seconds=int(form.cleaned_data["grace"])), user=person(request))
    except DojoError as error:
        messages.error(request, str(error))
        return to_page(request, "keys", old.environment)
    return _shown(request, old.environment, key, text, old=old)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def key_revoke(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Confirm, then revoke the key."""
    key = _find(environment, pk)
    if request.method != "POST":
        return page_or_fragment(request, "keys/revoke.html", "form", {"environment": key.environment, "key": key})
    using.revoke(key)
    messages.success(request, f"{key.name} was revoked. Calls with it are refused from now on.")
    return to_page(request, "keys", key.environment)


def _find(environment: str, pk: int) -> ApiKey:
    return get_object_or_404(ApiKey.objects.select_related("environment"), pk=pk, environment__slug=environment)


def _listed(request: HttpRequest, here: Environment) -> dict[str, Any]:
    rows = list(here.api_keys.select_related("created_by", "successor"))
    return {
        "environment": here,
        "keys": sorted(rows, key=lambda key: not key.is_live),
        "expiring": using.expiring(here),
    }


def _shown(
    request: HttpRequest, here: Environment, key: ApiKey, text: str, *, old: ApiKey | None = None
) -> HttpResponse:
    """The only response with the key. It's no redirect, because the key isn't stored for the next request."""
    context = {
        **_listed(request, here),
        "key": key,
        "text": text,
        "old": old,
        "address": request.build_absolute_uri("/v1/interactions"),
    }
    return page_or_fragment(request, "keys/shown.html", "key", context)


def _shown_before(request: HttpRequest, here: Environment) -> HttpResponse:
    messages.warning(request, "This key already exists. A key is shown only once: if you didn't keep it, rotate it.")
    return to_page(request, "keys", here)
