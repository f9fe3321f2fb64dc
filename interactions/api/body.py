"""Read and unpack the body of a call, within limits. Its content type is ignored."""

from __future__ import annotations

from typing import BinaryIO

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError

from interactions.api.errors import CallRefused
from interactions.unpack import CutShort, DamagedFile, gunzip

GZIP = b"\x1f\x8b"
"""The first bytes of a packed body, even without a header that says so. No JSON begins like this."""
_MOST_PIECES = 100_000  # of a packed body: each member has at least one


def read_body(request: HttpRequest, *, or_packed: bool = False) -> bytes:
    """The unpacked body; with ``or_packed``, a body that can't be unpacked is returned as it came.

    Raises CallRefused: 413 if it's too large, 400 if it can't be read, 415 if its encoding isn't supported.
    """
    limit: int = settings.API_BODY_BYTES
    encoding, length = check_head(request)
    try:
        body = _stream(request).read(limit + 1 if length is None else length)
    except (UnreadablePostError, OSError) as error:
        raise CallRefused(400, "The body was cut off.") from error
    if len(body) > limit:
        raise _too_large(limit)
    if length is not None and len(body) < length:
        raise CallRefused(400, "The body was cut off.")
    if encoding != "gzip" and not body.startswith(GZIP):
        return body
    try:
        return _unpacked(body, limit)
    except DamagedFile as error:
        if or_packed:
            return body
        said = "is cut short" if isinstance(error, CutShort) else "is not valid"
        raise CallRefused(400, f"The gzip body {said}.") from error


def check_head(request: HttpRequest) -> tuple[str, int | None]:
    """The body's encoding, and its length in bytes, None if the header doesn't say.

    Raises the same errors as :func:`read_body`.
    """
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise CallRefused(415, f"The content encoding {encoding[:40]!r} is not supported: use gzip, or none.")
    length = _length(request)
    if length is not None and length > settings.API_BODY_BYTES:
        raise _too_large(settings.API_BODY_BYTES)
    return encoding, length


def _length(request: HttpRequest) -> int | None:
    """The body's length in bytes; None if it's sent in chunks."""
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdigit() else 0


def _stream(request: HttpRequest) -> BinaryIO:
    # To Django, a body without a Content-Length is empty.
    stream: BinaryIO = request.META["wsgi.input"] if _length(request) is None else request  # type: ignore[assignment]
    return stream


def _unpacked(body: bytes, limit: int) -> bytes:
    """Raises DamagedFile, and CallRefused if it's too large."""
    text = bytearray()
    for number, piece in enumerate(gunzip(body)):
        text += piece
        if len(text) > limit:
            raise _too_large(limit)
        if number > _MOST_PIECES:
            raise CallRefused(413, "The body has too many gzip members. Compress it as one.")
    return bytes(text)


def _too_large(limit: int) -> CallRefused:
    size = f"{limit >> 20} MB" if limit >= 1 << 20 else f"{limit} bytes"
    return CallRefused(413, f"The body is larger than {size}. Send the records in several calls.")
