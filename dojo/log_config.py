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
            "repeats": {"()": "dojo.log_filter.OnceAMinute"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": form.lower(),
                "filters": ["refusals", "repeats"],
                "stream": sys.stderr,
            }
        },
        "root": {"handlers": ["console"], "level": level},
        # Celery's own INFO is two lines a task: the imports page says it better.
        "loggers": {"celery": {"level": "WARNING"}},
    }
