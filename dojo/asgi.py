"""The ASGI application for the web server."""

import gc
import os
import resource
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

from dojo.gateway import Door, Gateway
from dojo.request_times import times

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dojo.settings")

_django = get_wsgi_application()


def _door(prefix: str, given: dict[str, Any]) -> Door:
    """The door for a prefix; settings name its functions."""
    return Door(prefix, **{name: import_string(one) if isinstance(one, str) else one for name, one in given.items()})


if settings.WEB_START:
    import_string(settings.WEB_START)()
_doors: dict[str, dict[str, Any]] = settings.GATEWAY_DOORS  # type: ignore[assignment]  # of mixed values
application = Gateway(_django, [_door(prefix, given) for prefix, given in _doors.items()], times.observe)

# Raise the limit of open files, so that slow clients can't use up all connections.
_most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (_most, _most))

# Objects loaded so far stay: exclude them from garbage collection, which could happen during a call.
gc.collect()
gc.freeze()
