"""Failures go to Sentry, or to what speaks its protocol, where SENTRY_DSN names one; and nothing of anybody's data.

What is sent of a failure: the kinds of its exceptions, where in the code it happened, the line that was logged without
what was filled in, and the request's id. Not sent: addresses, headers, bodies, people, messages of exceptions, local
variables, command lines, the machine's name.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from dojo import request_id

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

_KEPT: Final = frozenset(
    {"event_id", "timestamp", "level", "logger", "platform", "release", "sdk", "exception", "logentry", "modules"}
)


def begin(dsn: str, release: str) -> None:
    """Send the failures of this process to ``dsn`` from now on."""
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.celery import CeleryIntegration
    from sentry_sdk.integrations.dedupe import DedupeIntegration
    from sentry_sdk.integrations.django import DjangoIntegration
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        dsn=dsn,
        release=f"dojo@{release}",
        default_integrations=False,  # among them are the command line and the loaded programs
        auto_enabling_integrations=False,
        integrations=[
            AtexitIntegration(callback=lambda pending, timeout: None),
            CeleryIntegration(propagate_traces=False),
            DedupeIntegration(),
            DjangoIntegration(middleware_spans=False, signals_spans=False),
            ExcepthookIntegration(),
            LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None),
        ],
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        before_send=scrubbed,
    )


def scrubbed(event: Event, _hint: Hint) -> Event:
    """An event with nothing left in it but what this module's docstring says."""
    kept: dict[str, Any] = {name: value for name, value in event.items() if name in _KEPT}
    for exception in kept.get("exception", {}).get("values", []):
        exception["value"] = ""
        exception.pop("mechanism", None)
        for frame in (exception.get("stacktrace") or {}).get("frames", []):
            frame.pop("vars", None)
    if "logentry" in kept:
        kept["logentry"] = {"message": kept["logentry"].get("message", "")}
    made = request_id.current()
    return {**kept, "tags": {"request_id": made} if made else {}}  # type: ignore[typeddict-item]
