"""Access control for every view, by the table in interactions.access.roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from redis.exceptions import RedisError

from interactions.access import audit, members
from interactions.access.roles import ROUTES, Access, Right, rule_of
from interactions.access.sign_on import second_factor, sessions
from interactions.console.errors import waiting
from interactions.errors import DataNotReady
from interactions.models import Environment

# The pages on which a second factor is set up.
_SETTING_UP: Final = frozenset(
    name for name in ROUTES if name.startswith("mfa_") or name in ("logout", "account_reauthenticate")
)

# Views that count failed attempts.
_COUNTED: Final = frozenset(name for name in ROUTES if name.startswith(("mfa_", "account_")))


class Gate:
    """Middleware that refuses requests the rules don't allow.

    It also sets ``request.standing``, ``request.needs_second_factor``, the actor for the activity log, and the
    environment's time zone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            with audit.visiting(audit.client_address(request)):
                return self._get_response(request)
        finally:
            timezone.deactivate()

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Redirect to set up a missing second factor. Raises PermissionDenied, or Http404 for an unknown
        environment."""
        match = request.resolver_match
        rule = rule_of(match.url_name, match.namespace) if match else None
        if rule in (Access.PUBLIC, Access.KEY):
            return None  # without touching the session: these work while the database is down
        if isinstance(request.user, User):
            audit.identify(request.user)
            sessions.used(request, request.user)
        request.standing = members.standing(request.user)  # type: ignore[attr-defined]
        if isinstance(rule, Right):
            _let_in(request.standing, rule, kwargs.get("environment"))  # type: ignore[attr-defined]
            _be_ready()
        elif not _is_met(rule, request):
            raise PermissionDenied
        return _second_factor_first(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Respond to DataNotReady with 503, a sentence, and a page that retries by itself.

        The same if codes can't be counted because Redis is down: without a limit, six digits could be guessed, and used
        twice.
        """
        if isinstance(exception, RedisError) and _name_of(request) in _COUNTED:
            return waiting(request, "Redis isn't answering, so codes can't be checked. Try again in a minute.")
        return waiting(request, str(exception)) if isinstance(exception, DataNotReady) else None


def _name_of(request: HttpRequest) -> str:
    return (request.resolver_match.url_name or "") if request.resolver_match else ""


def _second_factor_first(request: HttpRequest) -> HttpResponse | None:
    """Redirect users whose role needs a second factor to set one up. Raises PermissionDenied for data and forms."""
    user = request.user
    request.needs_second_factor = second_factor.is_required(request.standing)  # type: ignore[attr-defined]
    if not isinstance(user, User) or _name_of(request) in _SETTING_UP:
        return None
    if not request.needs_second_factor or second_factor.has_one(user):  # type: ignore[attr-defined]
        return None
    if request.method != "GET" or request.htmx or request.path.endswith(".json"):  # type: ignore[attr-defined]
        raise PermissionDenied
    return redirect("mfa_index")


def _be_ready() -> None:
    from interactions.analytics import ready  # takes 60 MB, which API-only processes can do without

    ready.begin()


def _let_in(standing: members.Standing, right: Right, slug: str | None) -> None:
    """Require a right in an environment and activate its time zone. Without an environment, the view has to check."""
    if slug is None:
        return
    if not standing.may(right, slug):
        if not Environment.objects.filter(slug=slug).exists():
            raise Http404("Unknown environment.")
        raise PermissionDenied
    timezone.activate(standing.environment(slug).zone)


def _is_met(rule: Access | None, request: HttpRequest) -> bool:
    if rule is Access.LOGGED_IN:
        return request.user.is_authenticated
    if rule is Access.ADMINISTRATOR:
        return request.user.is_authenticated and bool(request.user.is_superuser)
    # Without a log-in, Django's admin redirects to its log-in page.
    return rule is Access.STAFF and (not request.user.is_authenticated or _is_staff(request))


def _is_staff(request: HttpRequest) -> bool:
    user, standing = request.user, request.standing  # type: ignore[attr-defined]
    return user.is_superuser or (user.is_staff and standing.may_somewhere(Right.PRIVACY))


def person(request: HttpRequest) -> User:
    """The logged-in user. The gate requires a log-in before these views run, so there always is one."""
    if not isinstance(request.user, User):
        raise TypeError("This page was reached without a log-in.")
    return request.user


def may(request: HttpRequest, right: Right, environment: str) -> bool:
    """Whether the user has a right that the URL alone doesn't require."""
    return bool(request.standing.may(right, environment))  # type: ignore[attr-defined]


def demand(request: HttpRequest, right: Right, environment: str) -> None:
    """Raises PermissionDenied if the user doesn't have that right."""
    if not may(request, right, environment):
        raise PermissionDenied
