"""Convert text in UTF-16 or UTF-32, with or without a byte order mark, to UTF-8 while it's read."""

from __future__ import annotations

import codecs

from interactions.unpack.stream import ByteStream, Pieces

_MARKS = (  # longer ones first: the mark of UTF-32 starts with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Which bytes of the first two characters aren't zero: both characters are ASCII in any JSON.
_PATTERNS = (
    ((True, False, False, False) * 2, "utf-32-le"),
    ((False, False, False, True) * 2, "utf-32-be"),
    ((True, False) * 2, "utf-16-le"),
    ((False, True) * 2, "utf-16-be"),
)
_WRONG = "utf-8-wrong"


def _wrong(error: UnicodeError) -> tuple[str, int]:
    """Invalid bytes become a lone surrogate, which is invalid in UTF-8, so only their own record is rejected.

    A truncated line end or space at the end of the text is ignored.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    rest = error.object[error.start : error.end]
    return "" if "truncated" in error.reason and not rest.strip(b"\x00 \t\r\n") else "\udcff", error.end


codecs.register_error(_WRONG, _wrong)


def is_utf_16(head: bytes) -> bool:
    return _encoding(head)[0].startswith("utf-16")


def is_utf_32(head: bytes) -> bool:
    return _encoding(head)[0].startswith("utf-32")


def _encoding(head: bytes) -> tuple[str, int]:
    """The encoding of a text that starts with ``head``, and the length of its mark; empty if it's neither."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    for pattern, encoding in _PATTERNS:
        first = head[: len(pattern)]
        if tuple(0 < byte < 128 for byte in first) == pattern and first.count(0) == pattern.count(False):
            return encoding, 0
    return "", 0


def transcode(stream: ByteStream) -> Pieces:
    """The stream's text in UTF-8, without the byte order mark."""
    encoding, mark = _encoding(stream.peek(8))
    stream.skip(mark)
    decoder = codecs.getincrementaldecoder(encoding)(errors=_WRONG)
    while piece := stream.take():
        yield decoder.decode(piece).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
