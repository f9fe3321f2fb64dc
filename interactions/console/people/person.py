"""Who asks."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest


def person(request: HttpRequest) -> User:
    """The person logged in. Every page asks for a log-in before its view runs, so there is always one."""
    if not isinstance(request.user, User):
        raise TypeError("This page was reached without a log-in.")
    return request.user
