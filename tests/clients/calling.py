"""A call with the standard library alone, for what was recorded of clients that are not installed."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any


def call(url: str, body: Any, method: str = "POST", **headers: str) -> tuple[int, dict[str, Any]]:
    """Status and answer; ``headers`` are named with underscores for dashes."""
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    named = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
    request = urllib.request.Request(url, data, named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
