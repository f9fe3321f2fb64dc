"""Read any JSON as a table: each object is a row, and the paths of its values are the columns."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from interactions.codec.rejected import Rejected
from interactions.codec.split.windows import ByteRange
from interactions.connectors.documents import documents
from interactions.connectors.table.errors import Empty, NoTable, RowTooLong
from interactions.connectors.table.mapping import Reading
from interactions.connectors.table.parquet import ITEMS
from interactions.connectors.table.rows import MOST_COLUMNS, Rows, Text, named, refused, words_of
from interactions.contract import schema
from interactions.unpack import Readable, read

if TYPE_CHECKING:
    import pyarrow as pa

_PIECE: Final = 4 << 20
_LONGEST: Final = 16 << 20
_ROWS: Final = 20_000
_BLANK: Final = b"\xef\xbb\xbf \t\r\n"
_DEEPEST: Final = 5
_SAMPLE: Final = 1_000
_ENVELOPES: Final = ("data", "events", "records", "items", "results", "rows")
_INNER_ENVELOPES: Final = ("data", "events", "records", "results", "rows", "hits", "docs")
"""Of lists within an object of an object. Carts of a single event have items there, too."""
_DEEPEST_ENVELOPE: Final = 3
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
                    found.update(dict.fromkeys(paths_of(event)))
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
            columns = [column_of([value_at(event, path) for event in good]) for path in self._paths]
            table = pa.table(dict(zip(self.columns, columns, strict=True)))
            yield Rows(table, first, size, rejected)
            first += len(events)

    def texts(self) -> Iterator[pa.Array]:
        import pyarrow as pa

        for events, _ in self._events():
            yield words_of(event.text for event in events if isinstance(event, _Unread))
            yield pa.array(_texts_in(event for event in events if not isinstance(event, _Unread)), pa.string())

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


def _listed(document: dict[str, Any], names: Sequence[str] = _ENVELOPES, depth: int = 1) -> list[Any] | None:
    """The list of rows in an envelope object, or in objects within it; None if it isn't one."""
    for name in names:
        if _has_objects(document.get(name)):
            return list(document[name])
    inner = [each for each in document.values() if isinstance(each, dict)] if depth < _DEEPEST_ENVELOPE else []
    lists = (_listed(each, _INNER_ENVELOPES, depth + 1) for each in inner)
    return next((each for each in lists if each is not None), None)


def _has_objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(each, dict) for each in value)


def _lines(head: bytes, text: Readable) -> Iterator[tuple[list[Any], int]]:
    rest = b""
    piece = head
    while piece:
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > _LONGEST:
            raise RowTooLong(_LONGEST)
        for start in range(0, len(lines) or 1, _ROWS):
            some = lines[start : start + _ROWS]
            rows = [row for line in some if line.strip(b" \t\r\x1e,") for row in _rows_in(line)]
            yield rows, sum(map(len, some)) + len(some)
        piece = read(text, _PIECE)
    if rest.strip():
        yield _rows_in(rest), len(rest)


def _rows_in(line: bytes) -> list[Any]:
    """The row in a line, or those of a list in it."""
    try:
        found = _decode(line.lstrip(b"\xef\xbb\xbf\x1e").rstrip(b", \r"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [_Unread(line.decode(errors="replace"), _NO_JSON)]
    return list(map(_row, found)) if _has_objects(found) else [_row(found)]


def _row(found: Any) -> Any:
    """An object without Dojo's note on it; :class:`_Unread` if it can't be read or is only a note."""
    if not isinstance(found, dict):
        return _Unread(msgspec.json.encode(found).decode(), _NO_OBJECT)
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
    whole = b"".join(parts).lstrip(_BLANK)
    try:
        found = _decode(whole)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        yield from _several(whole)
        return
    listed = found if isinstance(found, list) else _listed(found) or [found] if isinstance(found, dict) else []
    share = size // max(1, len(listed))
    for start in range(0, len(listed), _ROWS):
        some = listed[start : start + _ROWS]
        yield (
            [_row(each) for each in some],
            share * len(some),
        )


def _several(text: bytes) -> Iterator[tuple[list[Any], int]]:
    """The rows of several documents one after another, such as objects on several lines each. Raises NoTable if none of
    them is an object."""
    has_rows = False
    for decoded in documents(io.BytesIO(text), ByteRange(0, len(text), len(text)), _LONGEST):
        rows = [_row_of(each) for each in decoded.documents]
        has_rows = has_rows or any(isinstance(each, dict) for each in rows)
        if rows and not has_rows:
            raise NoTable("The file isn't valid JSON.")
        yield rows, decoded.size


def _row_of(document: Any) -> Any:
    if isinstance(document, Rejected):
        return _Unread(document.text.decode(errors="replace"), _NO_JSON)
    return _row(document)


def paths_of(value: dict[str, Any], before: str = "", depth: int = 1) -> Iterator[str]:
    """The paths of an object's values: ``a.b`` within an object, ``a[].b`` within each object of a list."""
    for name, inner in value.items():
        path = before + name
        if isinstance(inner, dict) and inner and depth < _DEEPEST:
            yield from paths_of(inner, f"{path}.", depth + 1)
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict) and ITEMS not in path:
            yield from paths_of(inner[0], f"{path}{ITEMS}.", depth + 1)
        else:
            yield path


@lru_cache(maxsize=4 * MOST_COLUMNS)
def _steps(path: str) -> tuple[list[str], list[str] | None]:
    outer, items, inner = path.partition(f"{ITEMS}.")
    return outer.split("."), inner.split(".") if items else None


def value_at(event: dict[str, Any], path: str) -> Any:
    """The value at a path of an object; None if it has none."""
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


def _texts_in(events: Iterable[Any]) -> set[str]:
    """All names and values in events, at any depth and in any event: paths are those of the first ones alone."""
    found: set[str] = set()
    left = list(events)
    while left:
        value = left.pop()
        if isinstance(value, dict):
            found.update(value)
            left += value.values()
        elif isinstance(value, list):
            left += value
        elif (text := _text(value)) is not None:
            found.add(text)
    return found


def column_of(values: list[Any]) -> Any:
    """A column of texts, or of lists of texts, from any JSON values."""
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
