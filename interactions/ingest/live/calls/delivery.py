"""One API call on the Live page: who sent it, its content, and its problems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

UNKNOWN: Final = ""
"""Instead of an environment, for calls with an unknown key."""
CONNECT: Final = "/v1/connect/"
READ: Final = "Read from"  # no method of HTTP has a blank
"""In place of a call's method: Dojo read these records from a stream."""
LONGEST: Final = 120  # characters of a name chosen by a client

_LINE: Final = re.compile(r"data\.(\d+)(?:\.(\S+))?(?: \((.*)\))? is invalid\. (.*)", re.DOTALL)
_POSITION: Final = re.compile(r"\.\d+(?=\.|$)")
_OWN_KEYS: Final = re.compile(r"(context\.custom_context|search\.filters)\..*")  # their keys are chosen by clients
# The first one found in the User-Agent names the client.
_CLIENTS: Final = (
    ("miso-sdk-python", "miso-sdk-python"),
    ("target-miso", "Singer target"),
    ("singer", "Singer target"),
    ("misonodesdk", "Node SDK"),
    ("miso-server", "Node SDK"),
    ("axios/", "Node SDK"),
    ("undici", "Node"),
    ("node-fetch", "Node"),
    ("node", "Node"),
    ("python-requests/", "Singer or requests"),
    ("curl/", "curl"),
    ("mozilla/", "Browser SDK"),
)
_STATUS_CAUSES: Final = {
    400: "The call can't be read.",
    401: "The key is missing or unknown.",
    403: "The key doesn't allow this.",
    404: "Unknown address.",
    405: "This method is not allowed here.",
    408: "The body was sent too slowly.",
    413: "The call is too large.",
    415: "The content encoding is not supported.",
    422: "Records are invalid.",
    429: "Too many calls in a minute.",
}


class DeliveryCause(msgspec.Struct, frozen=True, array_like=True):
    """The cause of a problem: the field (empty for the record or call itself) and the rule it broke."""

    path: str
    rule: str


class Line(msgspec.Struct, frozen=True, array_like=True):
    """A parsed line of a 422 response; ``record`` counts from 0."""

    record: int
    path: str
    value: str
    rule: str

    @property
    def cause(self) -> DeliveryCause:
        return DeliveryCause(_OWN_KEYS.sub(r"\1.*", _POSITION.sub("", self.path)), self.rule)


class Sent(msgspec.Struct, array_like=True):
    """The stored body of a call.

    ``records`` are the original texts, None for erased ones; ``text`` is the body if it couldn't be split into records.
    ``size`` is that of the received body in bytes; ``is_cut`` if more was received than is stored.
    """

    records: list[str | None]
    text: str
    size: int
    is_cut: bool
    lines: list[Line]


class Delivery(msgspec.Struct, kw_only=True):
    """One API call. ``reason`` is the message of a refusal, which names nobody.

    Callers of ``push`` set all but ``id``, ``problems`` and ``sent``, which the ring sets. ``path`` may include the
    query string, ``lines`` are those of the 422, ``types`` counts records by type, ``body`` is the unpacked body, or
    its first BODY_BYTES with the ``size`` of all. ``is_only_counted``: not stored, because too many like it were
    refused in this minute; its cause is counted. ``is_aside``: not a call, but accepted records of earlier calls that
    couldn't be moved into the data set. With the method ``READ``, it's what a stream brought: ``path`` has its topics,
    and ``reason`` says how many messages there were. When read from the ring, ``lines`` and ``body`` are empty and
    ``sent`` has what is stored of them.
    """

    environment: str
    at: datetime
    client: str
    key_name: str
    key_prefix: str
    method: str
    path: str
    records: int
    status: int
    milliseconds: float
    reason: str = ""
    lines: list[str] = []
    types: dict[str, int] = {}
    body: bytes = b""
    size: int = 0
    is_aside: bool = False
    is_only_counted: bool = False
    id: int = 0
    problems: int = 0
    sent: Sent | None = None

    @property
    def is_ok(self) -> bool:
        return self.status < 400

    @property
    def is_dry_run(self) -> bool:
        return "dry_run=1" in self.path.partition("?")[2]

    @property
    def is_of_stream(self) -> bool:
        """Whether Dojo read it from a stream, rather than being called."""
        return self.method == READ

    @property
    def sends_interactions(self) -> bool:
        if self.is_of_stream:
            return True
        place = self.path.partition("?")[0].rstrip("/")
        return self.method == "POST" and (place.endswith("/interactions") or self.is_of_connection)

    @property
    def is_of_connection(self) -> bool:
        """Whether another tool sent it by a webhook: its body is stored as the interactions made from it."""
        return CONNECT in self.path.partition("?")[0]

    @property
    def is_deletion(self) -> bool:
        return self.method == "DELETE" or self.path.partition("?")[0].rstrip("/").endswith("/_delete")


def client_name(user_agent: str) -> str:
    """The client's name by its User-Agent: a known one, else the product in it, else ``unknown``."""
    lowered = user_agent.lower()
    for mark, name in _CLIENTS:
        if mark in lowered:
            return name
    product = re.match(r"[\w.!#$%&'*+^`|~-]{1,40}", user_agent.strip())
    return product.group() if product else "unknown"


def read_line(line: str) -> Line:
    """Parse a line of a 422 response; any other text is a problem of the first record."""
    match = _LINE.fullmatch(line)
    if match is None:
        return Line(0, "", "", line[:LONGEST])
    record, path, value, rule = match.groups()
    return Line(int(record), path or "", value or "", rule)


def causes(delivery: Delivery) -> Iterator[tuple[DeliveryCause, int]]:
    """The causes of a call's problems and how often each occurs; a refusal without lines is a cause by itself."""
    counts: dict[DeliveryCause, int] = {}
    for line in delivery.lines:
        cause = read_line(line).cause
        counts[cause] = counts.get(cause, 0) + 1
    if not counts and not delivery.is_ok:
        fallback = "Dojo failed to answer." if delivery.status >= 500 else f"Refused with status {delivery.status}."
        counts[DeliveryCause("", _STATUS_CAUSES.get(delivery.status, fallback))] = 1
    yield from counts.items()
