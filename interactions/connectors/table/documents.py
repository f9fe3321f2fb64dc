"""Read any JSON as a table: each object is a row, and the paths of its values are the columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from typing import Any, Final

import msgspec

from interactions.connectors.table.errors import Empty, NoTable, RowTooLong
from interactions.connectors.table.mapping import Reading
from interactions.connectors.table.parquet import ITEMS
from interactions.connectors.table.rows import MOST_COLUMNS, Rows, Text, named, refused
from interactions.contract import schema
from interactions.unpack import Readable, read

_PIECE: Final = 4 << 20
_LONGEST: Final = 16 << 20
_ROWS: Final = 20_000
_BLANK: Final = b"\xef\xbb\xbf \t\r\n"
_DEEPEST: Final = 5
_SAMPLE: Final = 1_000
_ENVELOPES: Final = ("data", "events", "records", "items", "results", "rows")
_NO_JSON: Final = "It is not valid JSON."
_NO_OBJECT: Final = "It is not an object."
_NOTE_ALONE: Final = "It is a note without a row: write the row's values as columns beside the note."
_decode = msgspec.json.decode


class JsonTable:
    """JSON text: an object per line, a list of objects, or an object that contains such a list."""

    kind = "JSON"
    reading = Reading()
    doubts: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()

    def __init__(self, text: Callable[[], Text]) -> None:
        """Raises FileRefused if the text has no objects."""
        self._text = text
        found: dict[str, None] = {}
        seen = 0
        for events, _ in self._events():
            for event in events[: _SAMPLE - seen]:
                if isinstance(event, dict):
                    found.update(dict.fromkeys(_paths(event)))
                    seen += 1
            if seen >= _SAMPLE:
                break
        if not found:
            raise Empty(has_header=False) if not seen else NoTable("The objects of the file are empty.")
        self._paths = list(found)[: MOST_COLUMNS + 1]
        self.columns = named(self._paths)

    def row_of(self, number: int) -> int:
        return number + 1

    def batches(self) -> Iterator[Rows]:
        import pyarrow as pa

        first = 0
        for events, size in self._events():
            rejected = [
                refused(first + place, event.text, event.rule)
                for place, event in enumerate(events)
                if isinstance(event, _Unread)
            ]
            good = [event for event in events if not isinstance(event, _Unread)]
            columns = [_column([_value(event, path) for event in good]) for path in self._paths]
            table = pa.table(dict(zip(self.columns, columns, strict=True)))
            yield Rows(table, first, size, rejected)
            first += len(events)

    def _events(self) -> Iterator[tuple[list[Any], int]]:
        """The rows in batches, each with the number of bytes read for it."""
        with closing(self._text()) as text:
            head = read(text, _PIECE)
            if head.lstrip(_BLANK)[:1] == b"[" or _is_one(head):
                yield from _whole(head, text)
            else:
                yield from _lines(head, text)


class _Unread(msgspec.Struct, frozen=True):
    text: str
    rule: str


def _is_one(head: bytes) -> bool:
    """Whether a text is a single object, possibly on several lines."""
    line = head.lstrip(_BLANK).partition(b"\n")[0]
    try:
        found = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return True
    return isinstance(found, dict) and _listed(found) is not None and head.count(b"\n") <= 1


def _listed(document: dict[str, Any]) -> list[Any] | None:
    """The list of rows in an envelope object; None if it isn't one."""
    for name in _ENVELOPES:
        if isinstance(document.get(name), list) and any(isinstance(each, dict) for each in document[name]):
            return list(document[name])
    return None


def _lines(head: bytes, text: Readable) -> Iterator[tuple[list[Any], int]]:
    rest = b""
    piece = head
    while piece:
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > _LONGEST:
            raise RowTooLong(_LONGEST)
        for start in range(0, len(lines) or 1, _ROWS):
            some = lines[start : start + _ROWS]
            yield [_event(line) for line in some if line.strip(b" \t\r\x1e,")], sum(map(len, some)) + len(some)
        piece = read(text, _PIECE)
    if rest.strip():
        yield [_event(rest)], len(rest)


def _event(line: bytes) -> Any:
    try:
        found = _decode(line.lstrip(b"\xef\xbb\xbf\x1e").rstrip(b", \r"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Unread(line[:4096].decode(errors="replace"), _NO_JSON)
    return _row(found)


def _row(found: Any) -> Any:
    """An object without Dojo's note on it; :class:`_Unread` if it can't be read or is only a note."""
    if not isinstance(found, dict):
        return _Unread(msgspec.json.encode(found).decode()[:4096], _NO_OBJECT)
    note = found.pop(schema.NOTE, None)
    if note is None or found:
        return found
    text = note.get("text") if isinstance(note, dict) else None
    return _Unread(text if isinstance(text, str) else msgspec.json.encode(note).decode(), _NOTE_ALONE)


def _whole(head: bytes, text: Readable) -> Iterator[tuple[list[Any], int]]:
    """The rows of a list or an envelope, which is kept in memory as a whole."""
    parts = [head]
    size = len(head)
    while piece := read(text, _PIECE):
        parts.append(piece)
        size += len(piece)
        if size > 64 * _LONGEST:
            raise NoTable("The file is one JSON document of more than 1 GB: write an object a line.")
    try:
        found = _decode(b"".join(parts).lstrip(_BLANK))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NoTable("The file isn't valid JSON.") from error
    listed = found if isinstance(found, list) else _listed(found) or [found] if isinstance(found, dict) else []
    share = size // max(1, len(listed))
    for start in range(0, len(listed), _ROWS):
        some = listed[start : start + _ROWS]
        yield (
            [_row(each) for each in some],
            share * len(some),
        )


def _paths(value: dict[str, Any], before: str = "", depth: int = 1) -> Iterator[str]:
    """The paths of an object's values: ``a.b`` within an object, ``a[].b`` within each object of a list."""
    for name, inner in value.items():
        path = before + name
        if isinstance(inner, dict) and inner and depth < _DEEPEST:
            yield from _paths(inner, f"{path}.", depth + 1)
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict) and ITEMS not in path:
            yield from _paths(inner[0], f"{path}{ITEMS}.", depth + 1)
        else:
            yield path


@lru_cache(maxsize=4 * MOST_COLUMNS)
def _steps(path: str) -> tuple[list[str], list[str] | None]:
    outer, items, inner = path.partition(f"{ITEMS}.")
    return outer.split("."), inner.split(".") if items else None


def _value(event: dict[str, Any], path: str) -> Any:
    if path in event:  # also if a table's column has the name of a path
        return event[path]
    outer, inner = _steps(path)
    found = _follow(event, outer)
    if inner is None:
        return found
    return [_follow(each, inner) for each in found] if isinstance(found, list) else None


def _follow(value: Any, names: Sequence[str]) -> Any:
    """The value at a path, whose names may contain dots themselves."""
    for place, name in enumerate(names):
        if not isinstance(value, dict):
            return None
        if name not in value:
            return value.get(".".join(names[place:]))
        value = value[name]
    return value


def _column(values: list[Any]) -> Any:
    import pyarrow as pa

    if any(isinstance(value, list) for value in values):
        lists = [None if value is None else [_text(each) for each in _as_list(value)] for value in values]
        return pa.array(
            [None if each is None else [cell for cell in each if cell is not None] for each in lists],
            pa.list_(pa.string()),
        )
    return pa.array([_text(value) for value in values], pa.string())


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
