"""Records that stand in a file as strings: each line, or each item of a list, is a string that holds JSON."""

from __future__ import annotations

import re

import msgspec

from interactions.codec.unpack.stream import Pieces, Stream

_BEGINNING = re.compile(rb'(?:\xef\xbb\xbf)?\s*+(?:\[\s*+)?"(?:\\[nrt]|\s)*+(?:\{|\[|\\")')
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^"]++', re.DOTALL)
_BETWEEN = b" \t\r\n,[]\xef\xbb\xbf"
_LONGEST = 64 << 20  # bytes of a string that never ends, before it is given out as it is


def is_quoted(head: bytes) -> bool:
    return _BEGINNING.match(head) is not None


def unquote(stream: Stream) -> Pieces:
    """What the strings hold, one a line. What is no string stays as it is, on a line of its own."""
    held = b""
    while piece := stream.take():
        parts = [held, piece]
        length = len(held)  # twice as much each time, so that a long string is not looked through for each piece
        while length > 0 and (piece := stream.take()):
            parts.append(piece)
            length -= len(piece)
        text = b"".join(parts)
        tokens = [token[0] for token in _TOKEN.finditer(text)]
        end = sum(map(len, tokens))  # an open string at the end is no token
        if end == len(text) and not tokens[-1].startswith(b'"'):
            end -= len(tokens.pop())  # it may go on
        held = text[end:]
        yield b"".join(map(_line, tokens))
        if len(held) > _LONGEST:
            yield held
            held = b""
    yield _line(held)


def _line(token: bytes) -> bytes:
    if not token.startswith(b'"'):
        rest = token.strip(_BETWEEN)
        return rest + b"\n" if rest else b""
    try:
        return msgspec.json.decode(token, type=str).encode() + b"\n"
    except (msgspec.DecodeError, UnicodeError):
        return token + b"\n"
