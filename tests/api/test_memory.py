"""A web process that only answers the API loads nothing of the pages, nor of what answers their questions."""

from __future__ import annotations

import os
import subprocess
import sys

CALLS = """
import io, sys
import dojo.asgi
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
asked = [("POST", "/v1/interactions", "401"), ("GET", "/v1/openapi.json", "200"), ("GET", "/v1", "404")]
asked.append(("GET", "/healthz", "503"))
for method, path, status in asked:
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "HTTP_HOST": "localhost", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr,
    }
    application(environ, lambda said, headers: print(path, said[:3] == status))
print(*sys.modules)
"""


def test_a_process_that_answers_the_api_alone_loads_no_engine_and_no_page() -> None:
    named = {**os.environ, "DJANGO_SETTINGS_MODULE": "dojo.settings"}
    done = subprocess.run([sys.executable, "-c", CALLS], env=named, check=True, capture_output=True, text=True)
    *answers, modules = done.stdout.splitlines()
    assert answers == ["/v1/interactions True", "/v1/openapi.json True", "/v1 True", "/healthz True"]
    loaded = set(modules.split())
    assert "interactions.api.views" in loaded
    heavy = {"duckdb", "pandas", "ibis", "numba", "deltalake", "interactions.urls", "interactions.analytics.engine"}
    assert not heavy & loaded
