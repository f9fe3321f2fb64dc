"""A running Dojo with keys, and a call with the standard library alone, for clients that are not installed."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.processes import Dojo


@dataclass(frozen=True)
class Entrance:
    """Where to send, and with which keys."""

    dojo: Dojo
    secret: str
    publishable: str

    @property
    def host(self) -> str:
        return self.dojo.url


def key_of(dojo: Dojo, environment: str, kind: str, *options: str) -> str:
    """A new key of an environment."""
    said = dojo.manage("create_api_key", "--environment", environment, "--kind", kind, *options)
    return said.strip().splitlines()[-1]


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
