"""The configuration of logging, for Django's LOGGING."""

import sys
from typing import Any


def of(level: str, form: str) -> dict[str, Any]:
    """Log to standard error from ``level`` on, as lines or JSON: ``form`` is LINE or JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": "dojo.log_format.PlainLine"},
            "json": {"()": "dojo.log_format.JsonLine"},
        },
        "filters": {
            "refusals": {"()": "dojo.log_filter.NoTracebackOfRefusals"},
            "tokens": {"()": "dojo.log_filter.NoTokensOfAddresses"},
            "repeats": {"()": "dojo.log_filter.OnceAMinute"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": form.lower(),
                "filters": ["refusals", "tokens", "repeats"],
                "stream": sys.stderr,
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Celery's own INFO is two lines a task: the imports page says it better.
            "celery": {"level": "WARNING"},
            # Addresses of webhooks and services, in their lines of DEBUG, may be secret.
            "apprise": {"level": "WARNING", "propagate": False},
            "urllib3": {"level": "INFO"},
        },
    }
