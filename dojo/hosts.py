"""Refuse requests to hosts that aren't Dojo's."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import split_domain_port

_JSON_PREFIX = "/v1"


class Hosts:
    """The first middleware: requests with an unknown or invalid host get a 400 everywhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sentence = refusal_of(request)
        return _refused(request, sentence) if sentence else self._get_response(request)


def refusal_of(request: HttpRequest) -> str:
    """Why the request's host is refused; empty if it's allowed."""
    return _refusal(request.META.get("HTTP_HOST", ""), tuple(settings.ALLOWED_HOSTS), settings.DEBUG)


@lru_cache(1024)
def _refusal(host: str, allowed: tuple[str, ...], _is_debugging: bool) -> str:
    if not host:
        return ""  # HTTP/1.0 needs none, and Django then goes by the address that was called
    domain, _ = split_domain_port(host)
    if not domain or not _is_address_if_like_one(domain):
        return "The Host header of this request is not a host name."
    request = HttpRequest()
    request.META["HTTP_HOST"] = host
    try:
        request.get_host()
    except DisallowedHost:
        return f"Dojo doesn't answer to the host {domain}. Add it to the setting ALLOWED_HOSTS, and restart Dojo."
    return ""


def _is_address_if_like_one(domain: str) -> bool:
    if not domain.startswith("["):
        return True
    try:
        ipaddress.IPv6Address(domain[1:-1])
    except ValueError:
        return False
    return True


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    if f"/{request.path_info.lstrip('/')}/".startswith(f"{_JSON_PREFIX}/"):
        response: HttpResponse = JsonResponse({"message": sentence}, status=400)
    else:
        response = HttpResponse(f"{sentence}\n", status=400, content_type="text/plain; charset=utf-8")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response._has_been_logged = True  # type: ignore[attr-defined]  # whoever scans the net must not fill the log
    return response
