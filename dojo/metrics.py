"""GET /metrics: metrics in Prometheus's text format, for this machine and for clients with the token."""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

_BEARER: Final = "Bearer "
# Headers added by proxies. A proxy on this machine must not open the page to everyone.
_FORWARDED: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
_REFUSED: Final = "Call /metrics from the machine that runs Dojo, or send METRICS_TOKEN as a bearer token.\n"


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All current metrics; 403 for clients that may not see them."""
    if not (_has_token(request) or _is_direct(request)):
        return HttpResponse(_REFUSED, status=403, content_type="text/plain; charset=utf-8")
    # Imported here, because it takes 10 MB.
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

    registry = CollectorRegistry()
    for name in settings.METRICS_COLLECTORS:
        collector: type[Collector] = import_string(name)
        registry.register(collector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _has_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not given.startswith(_BEARER):
        return False
    return hmac.compare_digest(given.removeprefix(_BEARER).encode(), settings.METRICS_TOKEN.encode())


def _is_direct(request: HttpRequest) -> bool:
    """Whether the client is a program on this machine, rather than a proxy here for someone else."""
    if any(name in request.META for name in _FORWARDED):
        return False
    host = split_domain_port(request.META.get("HTTP_HOST", ""))[0].strip("[]")
    return _is_loopback(request.META.get("REMOTE_ADDR", "")) and (host in ("", "localhost") or _is_loopback(host))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
