"""The pages of share links: the page's own view, with the rights and the query string of the link.

The link fixes the environment and the filter, whatever the address says. The visitor is nobody, with a viewer's rights
in this environment, even if they are logged in; and nothing but the addresses below the link takes its token.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from dojo.csp import policy
from interactions.access import audit, members
from interactions.access.roles import Role
from interactions.analytics import ready
from interactions.console import funnel, retention
from interactions.console.breakdown import breakdown
from interactions.console.dashboard import chart, dashboard
from interactions.console.errors import waiting
from interactions.console.paths import paths
from interactions.console.saved.link_forms import PANELS
from interactions.console.saved.visit import SharedVisit
from interactions.errors import DataNotReady
from interactions.models import ShareLink
from interactions.questions.choice import TIMES
from interactions.saved import links

PAGES: Final[dict[str, Callable[..., HttpResponse]]] = {
    "dashboard": dashboard.dashboard,
    "breakdown": breakdown.breakdown_page,
    "retention": retention.retention_page,
    "funnel": funnel.funnel_page,
    "paths": paths.paths_page,
}
"""The pages that can be shared: those with figures, and without records or people."""

_ADJUSTABLE: Final = ("unit", "split", "compare")
_MOST_MISSES: Final = 30  # wrong tokens from one address in a while; a page behind one address has many visitors
_MISS_SECONDS: Final = 15 * 60

log = logging.getLogger(__name__)
Shown = Callable[[HttpRequest, ShareLink], HttpResponse]


def by_link(show: Shown) -> Callable[[HttpRequest, str], HttpResponse]:
    """A view for visitors with a link's token; all others see that the link doesn't work."""

    @login_not_required
    @require_safe
    @never_cache
    @wraps(show)
    def answered(request: HttpRequest, token: str) -> HttpResponse:
        if _has_missed_often(request):
            return _sealed(render(request, "shared/throttled.html", status=429), None)
        link = links.find(token)
        if link is None:
            _miss(request)
        if link is None or link.page not in PAGES or not links.is_whole(link):
            return _sealed(render(request, "shared/ended.html", status=404), None)
        _enter(request, link, token)
        try:
            response = show(request, link)
        except DataNotReady as error:
            response = waiting(request, str(error))
        except (Http404, PermissionDenied):  # the import of the filter was removed, or the page asks for more by now
            response = render(request, "shared/ended.html", status=404)
        return _sealed(response, link)

    return answered


@by_link
def shared(request: HttpRequest, link: ShareLink) -> HttpResponse:
    """The page or the chart of a link, or the page's fragment for htmx."""
    slug = link.environment.slug
    if not request.htmx:  # type: ignore[attr-defined]
        links.opened(link)
    if link.panel and link.panel not in PANELS[link.page]:
        raise Http404("There is no such chart.")
    if link.panel and link.page == "dashboard":
        return chart.dashboard_chart(request, slug, link.panel)
    return PAGES[link.page](request, slug)


@by_link
def shared_figures(request: HttpRequest, link: ShareLink) -> HttpResponse:
    """The first figures of a shared dashboard."""
    _demand_dashboard(link)
    return dashboard.dashboard_figures(request, link.environment.slug)


@by_link
def shared_panels(request: HttpRequest, link: ShareLink) -> HttpResponse:
    """The lower panels of a shared dashboard."""
    _demand_dashboard(link)
    return dashboard.dashboard_panels(request, link.environment.slug)


@by_link
def shared_data(request: HttpRequest, link: ShareLink) -> HttpResponse:
    """The version of the table, for which a shared dashboard asks to see whether it has changed."""
    _demand_dashboard(link)
    request.GET = QueryDict("panel=version")
    return dashboard.dashboard_data(request, link.environment.slug)


def _demand_dashboard(link: ShareLink) -> None:
    """Raises Http404 for a link to something else, which has no such address below it."""
    if link.page != "dashboard" or link.panel:
        raise Http404("There is no such page below this link.")


def _enter(request: HttpRequest, link: ShareLink, token: str) -> None:
    """Make the request one of a visitor who may look at this environment, with the link's query string."""
    here = link.environment
    request.shared = SharedVisit(link, token)  # type: ignore[attr-defined]
    request.user = AnonymousUser()
    request.standing = members.Standing((here,), ((here.slug, Role.VIEWER),))  # type: ignore[attr-defined]
    request.GET = _query_of(link, request.GET)  # type: ignore[assignment]
    timezone.activate(here.zone)
    ready.begin()


def _query_of(link: ShareLink, given: QueryDict) -> QueryDict:
    """The link's parameters, with the period and the bar width that the visitor chose, if the link allows it."""
    query = QueryDict(link.query, mutable=True)
    if link.is_adjustable:
        if any(given.get(name) for name in TIMES):
            for name in TIMES:
                query.pop(name, None)
        for name in (*TIMES, *_ADJUSTABLE):
            if given.get(name):
                query[name] = str(given[name])
    if given.get("figures") == "now" or link.panel:
        query["figures"] = "now"
    return query


def _sealed(response: HttpResponse, link: ShareLink | None) -> HttpResponse:
    """Keep search engines and other sites from it, but for the sites that can embed it."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    origins = link.origins if link is not None and link.panel else []
    if origins:
        response["Content-Security-Policy"] = policy(frame_ancestors=" ".join(origins))
        response.xframe_options_exempt = True
    return response


def _has_missed_often(request: HttpRequest) -> bool:
    """Whether this address had too many wrong tokens. While Redis is down, nobody is refused: no token of 192 bits can
    be guessed."""
    try:
        return int(cache.get(_counter(request)) or 0) >= _MOST_MISSES
    except (RedisError, OSError) as error:
        log.warning("Wrong share links aren't counted while Redis is down: %s", type(error).__name__)
        return False


def _miss(request: HttpRequest) -> None:
    try:
        cache.add(_counter(request), 0, _MISS_SECONDS)
        cache.incr(_counter(request))
    except ValueError:  # it expired between the two
        pass
    except (RedisError, OSError) as error:
        log.warning("Wrong share links aren't counted while Redis is down: %s", type(error).__name__)


def _counter(request: HttpRequest) -> str:
    address = salted_hmac("interactions.share_link", audit.client_address(request)).hexdigest()
    return f"share-link:{address}"
