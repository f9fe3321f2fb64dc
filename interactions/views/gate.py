"""The gate in front of every view: who may open which address, as interactions.roles says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from interactions import activity, members
from interactions.models import Environment
from interactions.roles import Access, Right, rule_of


class Gate:
    """Middleware: puts the person's ``standing`` on the request, says who acts, and refuses what has no permission."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        by = request.user if isinstance(request.user, User) else None
        with activity.acting(by, activity.client_address(request)):
            return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Raises PermissionDenied, or Http404 for an environment that there is not."""
        request.standing = standing = members.standing(request.user)  # type: ignore[attr-defined]
        match = request.resolver_match
        rule = rule_of(match.url_name, match.namespace) if match else None
        if rule in (Access.PUBLIC, Access.KEY):
            return
        if rule is Access.LOGGED_IN and request.user.is_authenticated:
            return
        # Who has no log-in at all is led to Django's own page for it.
        if rule is Access.ADMINISTRATOR and (not request.user.is_authenticated or request.user.is_superuser):
            return
        if isinstance(rule, Right):
            environment = kwargs.get("environment")
            if environment is None or standing.may(rule, environment):
                return
            if not Environment.objects.filter(slug=environment).exists():
                raise Http404("There is no such environment.")
        raise PermissionDenied


def may(request: HttpRequest, right: Right, environment: str) -> bool:
    """Whether the person has a right that the address alone does not ask for."""
    return bool(request.standing.may(right, environment))  # type: ignore[attr-defined]


def demand(request: HttpRequest, right: Right, environment: str) -> None:
    """Raises PermissionDenied where the person has not that right."""
    if not may(request, right, environment):
        raise PermissionDenied
