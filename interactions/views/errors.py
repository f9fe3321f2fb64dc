"""The page for a fault nobody expected."""

from __future__ import annotations

import logging
import secrets

from django.http import HttpRequest, HttpResponseServerError
from django.template.loader import render_to_string

log = logging.getLogger(__name__)


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """A plain sentence with a reference, which stands in the log beside the traceback."""
    reference = secrets.token_hex(4)
    log.error("Reference %s: %s %s failed.", reference, request.method, request.path, exc_info=True)
    return HttpResponseServerError(render_to_string("500.html", {"reference": reference}))
