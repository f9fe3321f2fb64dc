"""Log-ins by name and password, as django-allauth asks for them.

Failures are counted in Redis for all web processes, by name and address and by address. If Redis is down, nobody is
refused. Other addresses aren't affected, so nobody can lock out someone else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.internal import ratelimit
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from redis.exceptions import RedisError

from dojo.log_ins import MINUTES, OF_ADDRESS, OF_NAME
from interactions.access import audit
from interactions.access.audit import Action

_APP: Final = "allauth.account"
_FRESH_SECONDS: Final = 300  # since somebody logged in or confirmed who they are

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """What allauth asks Dojo about log-ins."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": (
            f"Too many failed attempts. Wait {MINUTES} minutes, or ask an owner for a new link."
        ),
        "rate_limited": f"Too many failed attempts. Wait {MINUTES} minutes.",
        "username_password_mismatch": "The user name or password is wrong. Both are case-sensitive.",
        "incorrect_password": "The password is wrong.",
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """By the proxy only where one is configured; of a socket without an address, one that nobody has."""
        return audit.client_address(request) or "0.0.0.0"  # noqa: S104 - no server listens there

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """Only addresses of the host that was asked, by the same scheme: not of every allowed host and port."""
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The address of a link to set a password, of the parts that allauth joins."""
        uid, _, token = key.partition("-")
        return str(self.request.build_absolute_uri(reverse("set_password", args=[uid, token])))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not right after a log-in, nor for someone with nothing to confirm by: they come from a provider."""
        user = self.request.user
        if not get_reauthentication_flows(user):
            return False
        records = get_authentication_records(self.request, user)
        return not records or timezone.now().timestamp() - float(records[-1]["at"]) > _FRESH_SECONDS

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt before it's made, so that many at once aren't more than one after the other.

        Raises ValidationError after too many failures: the password isn't checked.
        """
        self._counted = _count(request, credentials)
        if self._counted is None:
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The user with this name and password. Raises ValidationError after too many failures.

        A success resets the count of the name; not that of the address, or a log-in of one's own would allow unlimited
        attempts at others.
        """
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            with _uncounted():
                ratelimit.clear(request, app=_APP, action=OF_NAME, key=_who(request, credentials))
                for usage in self._counted or []:
                    usage.rollback()
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Log a failure. Raises ValidationError where it reached a limit.

        The user name is logged only if it exists: else it may be a password typed into the wrong field. Attempts that
        are refused aren't logged, so that they can't flood the log.
        """
        refuses = _count(request, credentials, dry_run=True) is None
        name = str(credentials.get("username") or "")
        known = User.objects.filter(username=name).exists()
        details = {"refused_for": f"{MINUTES} minutes"} if refuses else {}
        audit.note(Action.LOG_IN_FAILED, object=f"log-in of {name}" if known else "", details=details)
        if refuses:
            raise self.validation_error("too_many_login_attempts")


def _count(
    request: HttpRequest, credentials: dict[str, Any], *, dry_run: bool = False
) -> list[ratelimit.RateLimitUsage] | None:
    """Count an attempt by name and by address; None where either had too many."""
    counted: list[ratelimit.RateLimitUsage] = []
    with _uncounted():
        for action in (OF_NAME, OF_ADDRESS):
            key = _who(request, credentials)
            usage = ratelimit.consume(request, app=_APP, action=action, key=key, dry_run=dry_run)
            if usage is None:
                for earlier in counted if not dry_run else []:
                    earlier.rollback()
                return None
            counted.append(usage)
    return counted


@contextmanager
def _uncounted() -> Iterator[None]:
    """While Redis is down, passwords are checked without a limit."""
    try:
        yield
    except (RedisError, OSError) as error:
        log.warning("Log-ins aren't counted while Redis is down: %s", type(error).__name__)


def _who(request: HttpRequest, credentials: dict[str, Any]) -> str:
    return f"{audit.client_address(request)} {str(credentials.get('username') or '').casefold()}"
