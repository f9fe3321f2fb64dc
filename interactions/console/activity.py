"""The activity log of an environment, with filters and a CSV download."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interactions.access.audit import read
from interactions.access.audit.read import GROUPS, EntrySearch
from interactions.console.fragments import list_or_fragment
from interactions.console.spreadsheet import as_stream
from interactions.models import ActivityEntry, Environment

PAGE_SIZE: Final = 50


@require_safe
@never_cache
def activity(request: HttpRequest, environment: str) -> HttpResponseBase:
    """The newest actions first, 50 per page; ``format=csv`` downloads every matching entry."""
    here = get_object_or_404(Environment, slug=environment)
    search = search_of(request.GET)
    if request.GET.get("format") == "csv":
        return as_stream(read.rows(here, search), f"activity-{here.slug}.csv")
    before = _number(request.GET.get("before", ""))
    deeds, following = read.page(here, search, before=before, limit=PAGE_SIZE)
    context = {
        "environment": here,
        "deeds": deeds,
        "older": _query(search, before=following) if following else "",
        "search": search,
        "is_set": search != EntrySearch(),
        "csv": _query(search, format="csv"),
        "groups": {group: [(action.value, action.label) for action in actions] for group, actions in GROUPS.items()},
        "people": _people(here),
    }
    if before is not None and request.htmx:  # type: ignore[attr-defined]
        return render(request, "activity/page.html#more", context)
    return list_or_fragment(request, "activity/page.html", "list", context, _query(search))


def search_of(query: QueryDict) -> EntrySearch:
    """The search in a query string; invalid values are ignored."""
    action = query.get("action", "")
    return EntrySearch(
        action if action in GROUPS or action in ActivityEntry.Action.values else "",
        query.get("actor", "").strip()[:200],
        query.get("object", "").strip()[:300],
        _day(query.get("since", "")),
        _day(query.get("until", "")),
    )


def _query(search: EntrySearch, **more: object) -> str:
    given = {name: getattr(search, name) for name in ("action", "actor", "object", "since", "until")} | more
    return "?" + urlencode({name: str(value) for name, value in given.items() if value})


def _people(here: Environment) -> list[str]:
    """The suggestions for the actor field."""
    users = User.objects.filter(Q(memberships__environment=here) | Q(is_superuser=True))
    return list(users.order_by("username").values_list("username", flat=True).distinct())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
