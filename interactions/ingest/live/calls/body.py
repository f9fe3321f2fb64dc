"""What the ring stores of a call: its head and, separately, its body, from which people can be erased."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from interactions import identity
from interactions.codec.calls import BadCall, records_of
from interactions.contract.mentions import said_in
from interactions.contract.schema import FOR_GOOD
from interactions.contract.tombstones import ErasedPeople, Person, Tombstones
from interactions.ingest.live.calls.delivery import LONGEST, Delivery, Line, Sent, causes, read_line

BODY_BYTES: Final = 64 << 10  # of a call's body that are stored, in whole records
MOST_LINES: Final = 500  # problems stored per call; all are counted
_SHOWN_OPTIONS: Final = ("dry_run", "async")  # parameters that are stored; others may be the key
_MOST_TYPES: Final = 40
_LIST: Final = re.compile(r'"data"\s*+:\s*+\[')
_GAP: Final = re.compile(r"[\s,\x1e\ufeff]*")


def kept_of(delivery: Delivery) -> tuple[Delivery, Sent | None]:
    """A call as stored: its head and, separately, what may name people.

    Only calls that send interactions keep their body: those that delete name the people to erase.
    """
    sent = _sent(delivery) if delivery.sends_interactions and delivery.body else None
    types = delivery.types or (_types(sent) if sent else {})
    head = Delivery(
        environment=delivery.environment,
        at=delivery.at,
        client=delivery.client[:LONGEST],
        key_name=delivery.key_name,
        key_prefix=delivery.key_prefix,
        method=delivery.method[:10],
        path=_without_key(delivery.path),
        records=delivery.records,
        status=delivery.status,
        milliseconds=round(delivery.milliseconds, 1),
        reason=delivery.reason[:LONGEST],
        types=dict(list(types.items())[:_MOST_TYPES]),
        is_aside=delivery.is_aside,
        problems=sum(count for _, count in causes(delivery)),
    )
    return head, sent


def _without_key(path: str) -> str:
    place, _, query = path.partition("?")
    options = [(name, value[:20]) for name, value in parse_qsl(query) if name in _SHOWN_OPTIONS]
    return place[:LONGEST] + (f"?{urlencode(options)}" if options else "")


def _sent(delivery: Delivery) -> Sent:
    body = delivery.body
    size = max(delivery.size, len(body))
    is_cut = size > BODY_BYTES
    records: list[str | None] = []
    text = ""
    if is_cut:
        text = body[:BODY_BYTES].decode(errors="replace")
        records = list(_whole_records(text))
    else:
        try:
            records = [each.decode() for each in records_of(body)]
        except (BadCall, UnicodeDecodeError):
            text = body.decode(errors="replace")
    lines = [_without_value(line, len(records)) for line in map(read_line, delivery.lines[:MOST_LINES])]
    return Sent(records, "" if records else text, size, is_cut, lines)


def _without_value(line: Line, kept: int) -> Line:
    """A line as stored: without the value if the record isn't stored, as it would be unclear whose value it is."""
    return line if line.record < kept else Line(line.record, line.path, "", line.rule)


def _whole_records(text: str) -> Iterator[str | None]:
    """The complete records at the start of a truncated body."""
    scan = json.JSONDecoder(strict=False).raw_decode
    at = _first_record(text, scan)
    while True:
        at = _GAP.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing as well
        try:
            end = scan(text, at)[1]
        except (ValueError, RecursionError):
            return
        yield text[at:end]
        at = end


def _first_record(text: str, scan: Callable[[str, int], tuple[Any, int]]) -> int:
    """The position of the first record: in a list, in the list called data, or at the start."""
    at = _GAP.match(text).end()  # type: ignore[union-attr]  # it matches nothing as well
    if text[at : at + 1] == "[":
        return at + 1
    try:
        scan(text, at)  # a whole record
    except (ValueError, RecursionError):
        match = _LIST.search(text)
        return match.end() if match else len(text)
    return at


def _types(sent: Sent) -> dict[str, int]:
    """The types in refused records, including unknown ones."""
    counts: dict[str, int] = {}
    for text in sent.records:
        record = decoded(text)
        said = record.get("type") if isinstance(record, dict) else None
        if isinstance(said, str):
            counts[said[:LONGEST]] = counts.get(said[:LONGEST], 0) + 1
    return counts


def positions_naming(sent: Sent, users: Container[str]) -> set[int]:
    """The positions of records with one of these ids in any field, as refused records may have it in the wrong one.

    Unreadable records count as well.
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


def mentions(sent: Sent, person: Person) -> bool:
    """Whether a record is this person's, however the id is escaped."""
    said = [said_in(text) for text in sent.records if text is not None]
    people = ErasedPeople(Tombstones.of([(*person, FOR_GOOD)]), identity.keyring())
    if person.user_key is not None:
        people.look_for([each for one in said for each in one.users], anonymous=False)
    else:
        people.look_for([each for one in said for each in one.visitors], user=False)
    return bool(people.met)


def decoded(text: str | None) -> Any:
    """A record's text decoded; None if it can't be."""
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
