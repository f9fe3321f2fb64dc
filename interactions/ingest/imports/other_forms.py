"""What a file is that other tools wrote in place of records, in words that say what to do about it."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from interactions.contract import schema

_LOOK_LINES = 5
_BLANK = b"\xef\xbb\xbf \t\r\n\x1e,"
_OF_RECORDS = {"type", "user_id", "anonymous_id", "timestamp", "product_ids", "context"}
_BEGINNING = rb"(?:\xef\xbb\xbf)?[\s\x1e]*+\[?\s*+"
_PYTHON = re.compile(_BEGINNING + rb"\{\s*+u?'(?:[^'\\]++|\\.)*+'\s*+:", re.DOTALL)
_SCRIPT_KEYS = re.compile(_BEGINNING + rb"\{\s*+[A-Za-z_$][\w$]*+\s*+:")
_SCRIPT = re.compile(
    rb"\s*+(?:(?:export\s++)?(?:var|let|const)\s++[\w$]++|(?:module\.|window\.|self\.)[\w.$]++)(?:\.[\w.]++)?\s*+=|"
    rb"\s*+[A-Za-z_$][\w.$]*+\(\s*+[\[{]"
)
_PAGE = re.compile(rb"\s*+<(?:!doctype\s|html|head|body|\?xml[^>]*+>\s*+<!doctype\s)", re.IGNORECASE)


def other_form(head: bytes) -> str | None:
    """What a text is that other tools take for records, or that came in place of them; None where it may be JSON."""
    if _PAGE.match(head):
        return "The file is a web page, not JSON: an error page may have been saved in place of the data."
    lines = [line for line in head.split(b"\n", _LOOK_LINES)[:_LOOK_LINES] if line.strip(_BLANK)]
    if any(map(_is_record, lines)):
        return None  # one broken record among others costs itself alone
    if _PYTHON.match(head):
        return "The file holds Python dictionaries, not JSON: write them with json.dumps."
    if _SCRIPT_KEYS.match(head):
        return "The file holds JavaScript objects, not JSON, as keys have no quotes: write them with JSON.stringify."
    if _SCRIPT.match(head):
        return "The file is a script, not JSON: keep only the list or the object of records in it."
    return _prefixed(lines) or _answer(head) or _wrapped(lines)


def _prefixed(lines: list[bytes]) -> str | None:
    """Lines of a log, which have something before their JSON."""
    if not lines or lines[0].lstrip(_BLANK)[:1] in (b"{", b"[", b'"'):
        return None
    for line in lines:
        before, brace, rest = line.partition(b"{")
        if before and _decoded(brace + rest):
            shown = " ".join(before.decode(errors="replace").split())[:40]
            return (
                f"Each line has something before its JSON (\"{shown}\"): remove it, for example with sed 's/^[^{{]*//'."
            )
    return None


def _answer(head: bytes) -> str | None:
    """What an API said, saved as a file."""
    found = _decoded(head)
    if found is None or "type" in found or _has_records(found.get("data")):
        return None
    said = next((found[key] for key in ("message", "error", "errors", "detail") if found.get(key)), None)
    if said is None:
        return None
    text = said if isinstance(said, str) else msgspec.json.encode(said).decode()
    return f'The file is an API response, not records. It says: "{" ".join(text.split())[:100]}"'


def _wrapped(lines: list[bytes]) -> str | None:
    """Objects, one a line, each of which holds its record in one of its fields."""
    names = {_place_of_record(_decoded(line)) for line in lines[:2]}
    name = names.pop() if len(names) == 1 else None
    if name is None or (name == "data" and len(lines) == 1):
        return None
    return f'Each record is in a field "{name[:40]}" of another object: write that field alone, one per line.'


def _place_of_record(found: dict[str, Any] | None) -> str | None:
    if found is None or isinstance(found.get("data"), list) or not _OF_RECORDS.isdisjoint(found):
        return None
    for name, inner in found.items():
        value = _decoded(inner.encode(errors="replace")) if isinstance(inner, str) and inner[:1] == "{" else inner
        if isinstance(value, dict) and value.get("type") in schema.GROUP_OF:
            return name
    return None


def _is_record(line: bytes) -> bool:
    return "type" in (_decoded(line) or ())


def _has_records(data: object) -> bool:
    return isinstance(data, list) and any(isinstance(item, dict) for item in data)


def _decoded(text: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(text.lstrip(_BLANK))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
