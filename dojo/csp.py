"""The Content-Security-Policy of every page: scripts, styles and data from this server only."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_PARTS = (
    "default-src 'self'",
    # Tabler's arrows and ticks are data: images.
    "img-src 'self' data: blob:",
    # Allows style attributes, but not <style>: the tooltips of charts are HTML with inline positions.
    "style-src-elem 'self'",
    "style-src-attr 'unsafe-inline'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
)


def policy(frame_ancestors: str = "'none'") -> str:
    """The policy of a page that these origins, separated by blanks, can embed."""
    return "; ".join((*_PARTS, f"frame-ancestors {frame_ancestors}"))


POLICY = policy()


class ContentSecurityPolicyMiddleware:
    """Adds the policy to each response that doesn't have one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Django's debug pages carry their own styles and scripts.
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response
