"""The menu of saved views beside a filter, and the notes of a chart over time."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import NoReverseMatch, reverse

from interactions.access.roles import Right
from interactions.errors import DojoError
from interactions.models import SavedView
from interactions.saved import links, notes, views
from interactions.saved.query import lasting

register = template.Library()

_SHOWN_NOTES = 3  # more are folded


@register.inclusion_tag("saved/menu.html", takes_context=True)
def saved_menu(context: dict[str, Any], page: str, query: str) -> dict[str, Any]:
    """The views that the user may see, and links to save the page with this query string, and to share it."""
    here, may = context["environment"], context["may"]
    found = views.visible(here, context["request"].user, sees_people=Right.PEOPLE in may).select_related("environment")
    now = _lasting(query)
    return {
        "environment": here,
        "views": [(view, _address(view), (view.page, view.query) == (page, now)) for view in found[: views.MOST]],
        "asked": urlencode({"page": page, "query": now}),
        "can_share": page in links.PAGES and Right.SHARE in may,
    }


@register.inclusion_tag("saved/places.html", takes_context=True)
def saved_places(context: dict[str, Any]) -> dict[str, Any]:
    """Hidden links to the views that the user may see, which the palette (Ctrl-K) offers on every page."""
    navigation = context.get("navigation")
    if navigation is None:
        return {"views": []}
    may = context["may"]
    found = views.visible(navigation.environment, context["request"].user, sees_people=Right.PEOPLE in may)
    return {"views": [(view.name, _address(view)) for view in found.select_related("environment")[: views.MOST]]}


@register.inclusion_tag("saved/notes.html", takes_context=True)
def day_notes(context: dict[str, Any], first: str, last: str) -> dict[str, Any]:
    """The notes on the days from ``first`` to ``last`` (ISO dates, or empty) for the charts of a page, and as a list.

    Visitors by share link see none: notes are written for members.
    """
    if "shared" in context or not context.get("environment"):
        return {"notes": [], "drawn": []}
    here, may, user = context["environment"], context["may"], context["request"].user
    found = notes.between(here, _day(first), _day(last))
    rows = [(note, Right.SETTINGS in may or note.created_by_id == user.pk) for note in found]
    return {
        "environment": here,
        "may": may,
        "notes": rows[:_SHOWN_NOTES],
        "more": rows[_SHOWN_NOTES:],
        "drawn": [{"day": note.day.isoformat(), "text": note.text} for note in reversed(found)],
    }


def _lasting(query: str) -> str:
    try:
        return lasting(query)
    except DojoError:
        return query.removeprefix("?")[:2_000]  # saving it says what is wrong


def _address(view: SavedView) -> str:
    try:
        return reverse(view.page, args=[view.environment.slug]) + f"?{view.query}"
    except NoReverseMatch:
        return reverse("saved_view", args=[view.environment.slug, view.pk])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
