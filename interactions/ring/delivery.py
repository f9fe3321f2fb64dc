"""One API call as the Live page knows it: who sent it, what it held, and what was wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import msgspec

BODY_BYTES: Final = 64 << 10  # of a call's body that are kept, in whole records
MOST_LINES: Final = 500  # of what was wrong that are kept; all are counted
_SHOWN_OPTIONS: Final = ("dry_run", "async")  # of a query; what else stands there may be the key
_LONGEST: Final = 120  # characters of a word that a client chose
_MOST_TYPES: Final = 40

_LIST: Final = re.compile(r'\s*\{\s*"data"\s*:\s*\[|"data"\s*:\s*\[')
_GAP: Final = re.compile(r"[\s,]*")
_LINE: Final = re.compile(r"data\.(\d+)(?:\.(\S+))?(?: \((.*)\))? is invalid\. (.*)", re.DOTALL)
_POSITION: Final = re.compile(r"\.\d+(?=\.|$)")
_OWN_KEYS: Final = re.compile(r"(context\.custom_context|search\.filters)\..*")  # below them clients name the keys
# The first that occurs in a User-Agent names the client.
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
    400: "The call cannot be read.",
    403: "The key may not do this.",
    404: "There is no such address.",
    405: "This method is not answered here.",
    413: "The call is too large.",
    415: "The call is packed in a way that is not understood.",
    422: "Records are invalid.",
    429: "Too many calls in a minute.",
}


class Cause(msgspec.Struct, frozen=True, array_like=True):
    """What groups problems: the field (empty for the record, or the call, itself) and the rule it broke."""

    path: str
    rule: str


class Line(msgspec.Struct, frozen=True, array_like=True):
    """A line of a 422 taken apart; ``record`` counts from 0."""

    record: int
    path: str
    value: str
    rule: str

    @property
    def cause(self) -> Cause:
        return Cause(_OWN_KEYS.sub(r"\1.*", _POSITION.sub("", self.path)), self.rule)


class Sent(msgspec.Struct, array_like=True):
    """The body of a call as far as it is kept.

    ``records`` are texts as they came, None where one was erased; ``text`` is the body where it could not be
    taken apart into records. ``size`` is what came, in bytes; ``is_cut`` says that more came than is kept.
    """

    records: list[str | None]
    text: str
    size: int
    is_cut: bool
    lines: list[Line]


class Delivery(msgspec.Struct, kw_only=True):
    """One API call.

    Who pushes one gives all but ``id``, ``problems`` and ``sent``, which the ring gives. ``path`` may hold the query,
    ``lines`` are those of the 422, ``types`` counts the records by type, ``body`` is what came, unpacked.
    Where the ring gives one, ``lines`` and ``body`` are empty and ``sent`` has what is kept of them.
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
    lines: list[str] = []
    types: dict[str, int] = {}
    body: bytes = b""
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
    def is_deletion(self) -> bool:
        return self.method == "DELETE" or self.path.partition("?")[0].rstrip("/").endswith("/_delete")


def client_name(user_agent: str) -> str:
    """The client in the words of its User-Agent: one that is known by name, else its product, ``unknown`` without."""
    lowered = user_agent.lower()
    for mark, name in _CLIENTS:
        if mark in lowered:
            return name
    product = re.match(r"[\w.!#$%&'*+^`|~-]{1,40}", user_agent.strip())
    return product.group() if product else "unknown"


def read_line(line: str) -> Line:
    """A line of a 422 taken apart; what does not read as one is a problem of the first record."""
    match = _LINE.fullmatch(line)
    if match is None:
        return Line(0, "", "", line[:_LONGEST])
    record, path, value, rule = match.groups()
    return Line(int(record), path or "", value or "", rule)


def causes(delivery: Delivery) -> Iterator[tuple[Cause, int]]:
    """The causes of a call's problems with how often each occurs; a refusal without lines is one of its own."""
    counts: dict[Cause, int] = {}
    for line in delivery.lines:
        cause = read_line(line).cause
        counts[cause] = counts.get(cause, 0) + 1
    if not counts and not delivery.is_ok:
        fallback = "Dojo failed to answer." if delivery.status >= 500 else f"Refused with status {delivery.status}."
        counts[Cause("", _STATUS_CAUSES.get(delivery.status, fallback))] = 1
    yield from counts.items()


def kept_of(delivery: Delivery) -> tuple[Delivery, Sent | None]:
    """A call as it is kept: its head, and apart from it what may name people.

    Only calls that send interactions keep their body: those that delete name people whose records must go.
    """
    has_records = delivery.method == "POST" and delivery.path.partition("?")[0].rstrip("/").endswith("/interactions")
    sent = _sent(delivery) if has_records and delivery.body else None
    types = delivery.types or (_types(sent) if sent else {})
    head = Delivery(
        environment=delivery.environment,
        at=delivery.at,
        client=delivery.client[:_LONGEST],
        key_name=delivery.key_name,
        key_prefix=delivery.key_prefix,
        method=delivery.method[:10],
        path=_without_key(delivery.path),
        records=delivery.records,
        status=delivery.status,
        milliseconds=round(delivery.milliseconds, 1),
        types=dict(list(types.items())[:_MOST_TYPES]),
        problems=sum(count for _, count in causes(delivery)),
    )
    return head, sent


def _without_key(path: str) -> str:
    place, _, query = path.partition("?")
    options = [(name, value[:20]) for name, value in parse_qsl(query) if name in _SHOWN_OPTIONS]
    return place[:_LONGEST] + (f"?{urlencode(options)}" if options else "")


class _Body(msgspec.Struct):
    data: list[msgspec.Raw]


def _sent(delivery: Delivery) -> Sent:
    body = delivery.body
    is_cut = len(body) > BODY_BYTES
    records: list[str | None] = []
    text = ""
    if is_cut:
        text = body[:BODY_BYTES].decode(errors="replace")
        records = list(_whole_records(text))
    else:
        try:
            records = [bytes(each).decode() for each in msgspec.json.decode(body, type=_Body).data]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            text = body.decode(errors="replace")
    lines = [_without_value(line, len(records)) for line in map(read_line, delivery.lines[:MOST_LINES])]
    return Sent(records, "" if records else text, len(body), is_cut, lines)


def _without_value(line: Line, kept: int) -> Line:
    """A line as it is kept: of a record that is not, nobody could later say whose value it shows."""
    return line if line.record < kept else Line(line.record, line.path, "", line.rule)


def _whole_records(text: str) -> Iterator[str | None]:
    """The records at the start of a body that was cut somewhere."""
    match = _LIST.match(text) or _LIST.search(text)
    at = match.end() if match else len(text)
    scan = json.JSONDecoder(strict=False).raw_decode
    while True:
        at = _GAP.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing as well
        try:
            end = scan(text, at)[1]
        except (ValueError, RecursionError):
            return
        yield text[at:end]
        at = end


def _types(sent: Sent) -> dict[str, int]:
    """The types that refused records say, also those that are none."""
    counts: dict[str, int] = {}
    for text in sent.records:
        record = decoded(text)
        said = record.get("type") if isinstance(record, dict) else None
        if isinstance(said, str):
            counts[said[:_LONGEST]] = counts.get(said[:_LONGEST], 0) + 1
    return counts


def positions_naming(sent: Sent, users: Container[str]) -> set[int]:
    """The positions of the records that hold one of these ids, in whatever field: a refused one may misname it.

    A record that cannot be read counts as one of them.
    """
    return {at for at, text in enumerate(sent.records) if text is not None and _names(text, users)}


def _names(text: str, users: Container[str]) -> bool:
    try:
        return _holds(json.loads(text), users)
    except (ValueError, RecursionError):
        return True


def _holds(value: Any, users: Container[str]) -> bool:
    if isinstance(value, dict):
        return any(key in users or _holds(item, users) for key, item in value.items())
    if isinstance(value, list):
        return any(_holds(item, users) for item in value)
    return isinstance(value, (str, int)) and str(value) in users


def decoded(text: str | None) -> Any:
    """What a record's text says; None where it says nothing."""
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
