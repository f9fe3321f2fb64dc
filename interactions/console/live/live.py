"""The Live page: the latest calls as they arrive, one call in detail, and problems over time."""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interactions.access.roles import Right
from interactions.console.charts import stamp
from interactions.console.fragments import list_or_fragment, page_or_fragment
from interactions.console.gate import demand, may
from interactions.console.live.call import Anatomy, curl, first_call
from interactions.console.live.filter import STATUSES, LiveFilter
from interactions.console.live.problems import HOURS, Overview
from interactions.console.people.filter import admit
from interactions.console.spreadsheet import as_file
from interactions.contract.schema import TYPES_BY_GROUP
from interactions.ingest import live as inbox
from interactions.ingest.live import calls as ring
from interactions.ingest.live.calls import RingAway
from interactions.models import Environment

PAGE_SIZE: Final = 50
_UNKNOWN_SHOWN: Final = 5
NO_NEWS: Final = 204  # htmx keeps the page unchanged


@require_safe
@never_cache
def live(request: HttpRequest, environment: str) -> HttpResponse:
    """The latest calls that match the filter, newest first.

    For htmx: with ``after``, new calls as rows to prepend; with ``before``, older rows; else the whole list.
    """
    here = get_object_or_404(Environment, slug=environment)
    chosen = LiveFilter.of(request.GET)
    if chosen.person and not (chosen.after or chosen.before):
        admit(request, here, [chosen.person], "live calls")
    elif chosen.person:
        demand(request, Right.PEOPLE, here.slug)  # logged by the page itself
    try:
        if request.htmx and chosen.after is not None:  # type: ignore[attr-defined]
            return _arrivals(request, here, chosen)
        context = _calls(request, here, chosen)
        overview = Overview.of(here, chosen.hours)
    except RingAway as error:
        return _away(request, here, chosen, str(error))
    if request.htmx and chosen.before:  # type: ignore[attr-defined]
        return render(request, "live/page.html#more", context)
    context |= {**_page(request, here), "wrong": overview}
    return list_or_fragment(request, "live/page.html", "calls", context, chosen.query())


@require_safe
@never_cache
def live_call(request: HttpRequest, environment: str, id: int) -> HttpResponse:  # noqa: A002 - as the address says
    """One call with its records as sent, and their problems."""
    here = get_object_or_404(Environment, slug=environment)
    try:
        call = ring.get(here.slug, id)
    except RingAway as error:
        return _away(request, here, LiveFilter(), str(error))
    if call is None:
        if request.htmx:  # type: ignore[attr-defined]
            return render(request, "live/call.html#gone", {"environment": here})
        raise Http404("This call is no longer available. Dojo keeps the last 1,000 calls of the past 24 hours.")
    context = {"environment": here, "call": call, "anatomy": Anatomy.of(call), "curl": curl(request, call)}
    return page_or_fragment(request, "live/call.html", "call", context)


@require_safe
@never_cache
def live_problems(request: HttpRequest, environment: str) -> HttpResponse:
    """Problems of the last ``hours`` by cause: the page, or a CSV with ``format=csv``."""
    here = get_object_or_404(Environment, slug=environment)
    chosen = LiveFilter.of(request.GET)
    try:
        overview = Overview.of(here, chosen.hours)
    except RingAway as error:
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    if request.GET.get("format") == "csv":
        return _csv(here, overview)
    context = {"environment": here, "filter": chosen, "wrong": overview, "hour_choices": _hours(chosen)}
    return page_or_fragment(request, "live/problems.html", "figures", context)


def _unknown() -> dict[str, Any] | None:
    """Calls with an unknown key in the last 24 hours: how many, and the latest. They belong to no environment."""
    count = sum(minute.count for minute in ring.problems(ring.UNKNOWN))
    return {"count": count, "calls": ring.recent(ring.UNKNOWN, limit=_UNKNOWN_SHOWN)} if count else None


def _calls(request: HttpRequest, here: Environment, chosen: LiveFilter) -> dict[str, Any]:
    newest = ring.newest(here.slug)
    found = ring.recent(here.slug, **chosen.conditions(), before=chosen.before or newest + 1, limit=PAGE_SIZE + 1)
    calls = found[:PAGE_SIZE]
    return {
        "environment": here,
        "aside": inbox.aside(here),
        "unknown": _unknown() if may(request, Right.MEMBERS, here.slug) else None,
        "filter": chosen,
        "calls": calls,
        "is_empty": not newest,
        "poll": chosen.query(after=newest, empty=None if newest else 1),
        "older": chosen.query(before=calls[-1].id) if len(found) > PAGE_SIZE else "",
        "without_filter": LiveFilter(hours=chosen.hours).query() or "?",
    }


def _arrivals(request: HttpRequest, here: Environment, chosen: LiveFilter) -> HttpResponse:
    """Calls since the last poll; the whole list if there are more than a page of them."""
    newest = ring.newest(here.slug)
    after = chosen.after or 0
    if newest <= after:
        return HttpResponse(status=NO_NEWS)
    if request.GET.get("empty"):
        return HttpResponse(status=NO_NEWS, headers={"HX-Refresh": "true"})
    # Stop at the newest call known now: later ones are for the next poll.
    calls = ring.recent(here.slug, **chosen.conditions(), after=after, before=newest + 1, limit=PAGE_SIZE + 1)
    context = {"environment": here, "filter": chosen, "calls": calls, "poll": chosen.query(after=newest)}
    if len(calls) > PAGE_SIZE:
        context = _calls(request, here, chosen) | {"is_anew": True}
    response = render(request, "live/page.html#arrivals", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _page(request: HttpRequest, here: Environment) -> dict[str, Any]:
    """The context around the list."""
    chosen = LiveFilter.of(request.GET)
    keys = [(key.prefix, f"{key.name} ({key.prefix}…)") for key in here.api_keys.all()]
    if chosen.key and chosen.key not in dict(keys):
        keys.append((chosen.key, f"{chosen.key}…"))
    return {
        "statuses": STATUSES,
        "keys": keys,
        "types": {group.value: types for group, types in TYPES_BY_GROUP.items()},
        "hour_choices": _hours(chosen),
        "first_call": first_call(request),
    }


def _hours(chosen: LiveFilter) -> list[tuple[str, str, bool]]:
    return [(word, chosen.query(hours=hours) or "?", hours == chosen.hours) for hours, word in HOURS.items()]


def _away(request: HttpRequest, here: Environment, chosen: LiveFilter, sentence: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(sentence, status=503, content_type="text/plain; charset=utf-8")
    context = {"environment": here, "filter": chosen, "away": sentence}
    return render(request, "live/away.html", context, status=503)


def _csv(here: Environment, overview: Overview) -> HttpResponse:
    name = f"problems-{here.slug}-{stamp(overview.starts[0], here.zone)}.csv".replace(":", "")
    rows: list[list[Any]] = [[f"start ({here.time_zone})", *(cause.label for cause in overview.causes)]]
    for at, start in enumerate(overview.starts):
        rows.append([stamp(start, here.zone), *(cause.counts[at] for cause in overview.causes)])
    return as_file(rows, name)
