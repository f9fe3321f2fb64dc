"""One call on the Live page: each record with its problems, and the call as a curl command."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest

from interactions.ingest.live.calls import Delivery, Line

INTERACTIONS: Final = "/v1/interactions"
MOST_SHOWN: Final = 100  # valid and invalid records each, on one page
_WIDEST_INDENT: Final = 80  # characters; deeper levels aren't indented further
_EXAMPLE: Final = '{"data": [{"type": "search", "user_id": "u-1", "search": {"keywords": "running shoes"}}]}'


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A line of a record's JSON; ``is_wrong`` if it has a problem."""

    text: str
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the call; ``position`` counts from 0, ``rows`` is empty if it was erased."""

    position: int
    rows: list[RecordLine]
    problems: list[Line]


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A call's records, invalid ones apart from the valid, and problems of records that weren't stored."""

    kept: int
    size: int
    is_cut: bool
    text: str
    wrong: list[Record]
    fine: list[Record]
    elsewhere: list[Line]
    more_wrong: int
    more_fine: int

    @classmethod
    def of(cls, call: Delivery) -> Anatomy | None:
        """None if the body isn't stored: unreadable bodies are removed with the next erasure."""
        sent = call.sent
        if sent is None or not (call.is_ok or sent.records or sent.text):
            return None
        problems: dict[int, list[Line]] = {}
        for line in sent.lines:
            problems.setdefault(line.record, []).append(line)
        kept = range(len(sent.records))
        wrong = [at for at in kept if at in problems]
        fine = [at for at in kept if at not in problems]

        def shown(positions: list[int]) -> list[Record]:
            return [_record(at, sent.records[at], problems.get(at, [])) for at in positions[:MOST_SHOWN]]

        return cls(
            kept=len(kept),
            size=sent.size,
            is_cut=sent.is_cut,
            text=sent.text,
            wrong=shown(wrong),
            fine=shown(fine),
            elsewhere=[line for line in sent.lines if line.record not in kept],
            more_wrong=max(0, len(wrong) - MOST_SHOWN),
            more_fine=max(0, len(fine) - MOST_SHOWN),
        )


def curl(request: HttpRequest, call: Delivery) -> str:
    """The call as a curl command with a placeholder for the key; empty if its body isn't stored.

    For a connected tool or a stream, it sends the interactions made from its events.
    """
    sent = call.sent
    if sent is None:
        return ""
    body = sent.text or '{"data":[' + ",".join(text for text in sent.records if text is not None) + "]}"
    return _command(request, INTERACTIONS if call.is_of_connection or call.is_of_stream else call.path, body)


def first_call(request: HttpRequest) -> str:
    """A curl command that sends one record."""
    return _command(request, INTERACTIONS, _EXAMPLE)


def _command(request: HttpRequest, path: str, body: str) -> str:
    lines = (
        f"curl {shlex.quote(request.build_absolute_uri(path))}",
        "-H 'X-API-KEY: YOUR_KEY'",
        "-H 'Content-Type: application/json'",
        f"--data-raw {shlex.quote(body)}",
    )
    return " \\\n  ".join(lines)


def _record(position: int, text: str | None, problems: list[Line]) -> Record:
    if text is None:
        return Record(position, [], problems)
    try:
        value = json.loads(text, parse_int=_AsWritten, parse_float=_AsWritten)
    except (ValueError, RecursionError):
        return Record(position, [RecordLine(text, True)], problems)
    wrong = {line.path for line in problems}
    try:
        return Record(position, [RecordLine(row, path in wrong) for row, path in _rows(value)], problems)
    except RecursionError:
        return Record(position, [RecordLine(text, True)], problems)


class _AsWritten(str):
    """A number with its original digits."""

    __slots__ = ()


def _rows(
    value: Any, path: str = "", indent: str = "", before: str = "", after: str = ""
) -> Iterator[tuple[str, str | None]]:
    """The lines of indented JSON, each with the path of the value that begins there, as in problems."""
    items: list[tuple[str, str, Any]]
    if isinstance(value, dict) and value:
        items = [(name, f"{_text(name)}: ", item) for name, item in value.items()]
        opened, closed = "{", "}"
    elif isinstance(value, list) and value:
        items = [(str(at), "", item) for at, item in enumerate(value)]
        opened, closed = "[", "]"
    else:
        yield f"{indent}{before}{_text(value)}{after}", path
        return
    yield f"{indent}{before}{opened}", path
    inner = indent + "  " if len(indent) < _WIDEST_INDENT else indent  # or the indentation would outgrow the body
    for at, (name, label, item) in enumerate(items):
        part = re.sub(r"\s", "_", name)[:60] or "_"
        yield from _rows(item, f"{path}.{part}" if path else part, inner, label, "," if at < len(items) - 1 else "")
    yield f"{indent}{closed}{after}", None


def _text(value: Any) -> str:
    return value if isinstance(value, _AsWritten) else json.dumps(value, ensure_ascii=False)
