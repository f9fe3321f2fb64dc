"""Records stored as strings: each line, or each item of a list, is a string with JSON in it."""

from __future__ import annotations

import re

import msgspec

from interactions.unpack.stream import ByteStream, Pieces

_BEGINNING = re.compile(rb'(?:\xef\xbb\xbf)?\s*+(?:\[\s*+)?"(?:\\[nrt]|\s)*+(?:\{|\[|\\")')
# A string; separators between strings; anything else up to the end of its line.
_TOKEN = re.compile(
    rb'"(?:[^"\\]++|\\.)*+"|[ \t\r\n,\[\]\xef\xbb\xbf]++|[^" \t\r\n,\[\]\xef\xbb\xbf][^\n]*+\n', re.DOTALL
)
_BETWEEN = b" \t\r\n,[]\xef\xbb\xbf"
_LONGEST = 64 << 20  # bytes of an unterminated string before it's returned as it is


def is_quoted(head: bytes) -> bool:
    return _BEGINNING.match(head) is not None


def unquote(stream: ByteStream) -> Pieces:
    """The contents of the strings, one per line. Anything else is kept on its own line."""
    held = b""
    while piece := stream.take():
        parts = [held, piece]
        length = len(held)  # doubled each time, so that a long string isn't searched again for each piece
        while length > 0 and (piece := stream.take()):
            parts.append(piece)
            length -= len(piece)
        text = b"".join(parts)
        lines, end = _lines(text)
        yield lines
        held = text[end:]
        if len(held) > _LONGEST:
            yield held
            held = b""
    yield held


def _lines(text: bytes) -> tuple[bytes, int]:
    """The contents of the complete tokens at the start of a text, and where they end."""
    found, end = [], 0
    while (token := _TOKEN.match(text, end)) is not None:
        found.append(_line(token[0]))
        end = token.end()
    return b"".join(found), end


def _line(token: bytes) -> bytes:
    if not token.startswith(b'"'):
        return token if token.strip(_BETWEEN) else b""
    try:
        return msgspec.json.decode(token, type=str).encode() + b"\n"
    except (msgspec.DecodeError, UnicodeError):
        return token + b"\n"
