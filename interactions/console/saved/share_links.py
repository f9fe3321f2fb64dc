"""Share links of an environment: list, make one, and revoke one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from interactions.access.roles import Right
from interactions.analytics.data_sets import settled
from interactions.analytics.periods import Unit
from interactions.analytics.reports.reach import reach
from interactions.console.fragments import page_or_fragment, to_page
from interactions.console.gate import may, person
from interactions.console.navigation import FILTERED_PAGES
from interactions.console.saved.link_forms import PANELS, ShareLinkForm
from interactions.errors import DojoError
from interactions.models import Environment, ShareLink
from interactions.questions.choice import PRESETS, FilterQuery
from interactions.questions.periods import INSTANT
from interactions.saved import links
from interactions.saved.query import during, filter_of


@require_safe
@never_cache
def share_links(request: HttpRequest, environment: str) -> HttpResponse:
    """All links: those that work first, newest first."""
    here = get_object_or_404(Environment, slug=environment)
    return page_or_fragment(request, "saved/links.html", "list", _listed(request, here))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def share_link_create(request: HttpRequest, environment: str) -> HttpResponse:
    """Make a link to the page ``page`` with the query string ``query``, and show its address once."""
    here = get_object_or_404(Environment, slug=environment)
    given = request.POST if request.method == "POST" else request.GET
    page, query = given.get("page", ""), given.get("query", "")
    if page not in links.PAGES:
        raise Http404("That page can't be shared.")
    choice = filter_of(query, here)
    preset = "" if choice.is_custom else PRESETS[choice.preset]
    form = ShareLinkForm(page, preset, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        if form.is_sent_again():
            messages.warning(request, "This link already exists. Its address is shown only once: create another one.")
            return to_page(request, "share_links", here)
        try:
            link, token = links.create(
                here,
                person(request),
                name=form.cleaned_data["name"],
                page=page,
                query=_fixed(here, choice, query) if form.is_fixed else query,
                expires_at=form.expires_at,
                panel=form.cleaned_data.get("panel", ""),
                allowed_origins=form.cleaned_data.get("allowed_origins", ""),
                is_adjustable=form.cleaned_data["is_adjustable"],
            )
        except DojoError as error:
            form.add_error("name", str(error))
        else:
            address = request.build_absolute_uri(reverse("shared", args=[token]))
            context = {"environment": here, "link": link, "address": address}
            return page_or_fragment(request, "saved/link_shown.html", "shown", context)
    context = {"environment": here, "form": form, "page": page, "page_label": FILTERED_PAGES[page], "query": query}
    context["is_about_people"] = bool(choice.people)
    return page_or_fragment(request, "saved/link_form.html", "form", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def share_link_revoke(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Confirm, then revoke a link: one's own, or any as an owner of the environment."""
    link = get_object_or_404(ShareLink.objects.select_related("environment"), pk=pk, environment__slug=environment)
    if not _is_mine(request, link):
        raise PermissionDenied
    if request.method != "POST":
        context = {"environment": link.environment, "link": link}
        return page_or_fragment(request, "saved/link_revoke.html", "form", context)
    links.revoke(link)
    messages.success(request, f"{link.name} was revoked. Its address no longer works.")
    return to_page(request, "share_links", link.environment)


def _listed(request: HttpRequest, here: Environment) -> dict[str, Any]:
    rows = sorted(here.share_links.select_related("created_by", "environment"), key=lambda link: not link.is_live)
    listed = [(link, *_shown(link), _is_mine(request, link)) for link in rows]
    return {"environment": here, "links": listed}


def _shown(link: ShareLink) -> tuple[str, str]:
    """What a link shows: the page, and the chart if it's a single one."""
    chart = PANELS.get(link.page, {}).get(link.panel, "One chart") if link.panel else ""
    return FILTERED_PAGES.get(link.page, link.page), chart


def _is_mine(request: HttpRequest, link: ShareLink) -> bool:
    return link.created_by_id == person(request).pk or may(request, Right.SETTINGS, link.environment.slug)


def _fixed(here: Environment, choice: FilterQuery, query: str) -> str:
    """The query string with the days that the preset means now. Raises DataNotReady."""
    found = reach(settled(here.slug), timezone.now(), here.zone, choice.parts.import_id)
    period = choice.period(found.newest, found.everything)
    if found.first is None or found.newest is None:
        return query
    start = period.start or Unit.DAY.floor(found.begins or found.first, here.zone)
    end = period.end or Unit.DAY.after(Unit.DAY.floor(found.newest - INSTANT, here.zone), here.zone)
    return during(query.removeprefix("?"), start, end, here.zone)
