"""Logging in through a provider: allauth's views, with a page where the provider doesn't answer."""

from __future__ import annotations

import logging
from collections.abc import Callable

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from requests import RequestException

log = logging.getLogger(__name__)


@login_not_required
@require_safe
def log_in(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Redirect to the provider. By GET, because our pages' policy forbids forms to other sites."""
    return _answered(views.login, request, provider_id)


@login_not_required
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The provider redirects back to this view."""
    return _answered(views.callback, request, provider_id)


def _answered(view: Callable[..., HttpResponse], request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        return view(request, provider_id=provider_id)
    except (
        RequestException,
        OAuth2Error,
        ValueError,
        KeyError,
    ) as error:  # its response may be no JSON, or incomplete
        log.warning("The log-in provider %s didn't answer as it should: %s", provider_id, type(error).__name__)
        sentence = "The provider isn't answering. Try again in a minute, or log in another way."
        return render(request, "socialaccount/refused.html", {"sentence": sentence}, status=502)
