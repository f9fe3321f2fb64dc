"""A request by share link: which link it is, and the addresses of a page's own data below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest
from django.urls import reverse

from interactions.models import Environment, ShareLink

_BELOW_A_LINK: Final = {
    "dashboard_figures": "shared_figures",
    "dashboard_panels": "shared_panels",
    "dashboard_data": "shared_data",
}


@dataclass(frozen=True, slots=True)
class SharedVisit:
    """A visit by link. ``token`` is the one in the address."""

    link: ShareLink
    token: str


def visit_of(request: HttpRequest) -> SharedVisit | None:
    """The visit by share link that a request is part of; None for a member's request."""
    return getattr(request, "shared", None)


def data_address(request: HttpRequest, name: str, environment: Environment) -> str:
    """The URL called ``name`` of a page's data: for a visitor by link, the one below the link."""
    visit = visit_of(request)
    if visit is None:
        return reverse(name, args=[environment.slug])
    return reverse(_BELOW_A_LINK[name], args=[visit.token])
