"""Report failures to Sentry, or a compatible service, if SENTRY_DSN is set; without any personal data.

Reports contain the types of exceptions, the place in the code, the log message without its arguments, and the request's
id. They don't contain addresses, headers, bodies, people, messages of exceptions, local variables, command lines or the
machine's name.
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
    """Report the failures of this process to ``dsn`` from now on."""
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
        default_integrations=False,  # they'd add the command line and the loaded modules
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
    """An event with only the content listed in this module's docstring."""
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
