"""Download a response of a tool's export API to a file, completely or not at all."""

from __future__ import annotations

import http.client
import re
import ssl
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from interactions.errors import DojoError
from interactions.ingest.pulls.sources import PullSource

PATIENCE: Final = 300.0  # seconds: large exports take minutes before their first byte
_PIECE: Final = 64 << 10
_TAIL: Final = 256
_SHOWN: Final = 200  # characters of a tool's message
_LONG: Final = timedelta(hours=6)
_MOST: Final = timedelta(days=1)  # the longest accepted Retry-After
_GIVEN_UP: Final = b"terminated early"  # Mixpanel's last line, despite a 200, if its export was interrupted


class PullFailed(DojoError):
    """Nothing was pulled. The message is a sentence for the user.

    ``wait`` is the time until the next try; None means exponential backoff.
    """

    def __init__(self, sentence: str, wait: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.wait = wait


class NoEvents(Exception):
    """The tool has no events for this time."""


class TooLarge(PullFailed):
    """The response would be larger than the tool allows."""


class _NoRedirects(HTTPRedirectHandler):
    """Refuses redirects, which would send the key to another host."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OF_THE_NETWORK = (URLError, ConnectionError, TimeoutError, ssl.SSLError)
_opener = build_opener(_NoRedirects)


def fetch(source: PullSource, address: str, key: str, secret: str, path: Path, look: Callable[[int], None]) -> int:
    """Download the response to ``path``, and return its size in bytes. Raises NoEvents, TooLarge or PullFailed.

    ``look`` is called with the size of each piece before it's written, and may raise.
    """
    title, is_zip = source.title, source.ending == "zip"
    asked = Request(address, headers=_headers(key, secret, packed=not is_zip))  # noqa: S310 - our own host
    path.unlink(missing_ok=True)  # a task believed lost may still write to the old file
    try:
        with _opener.open(asked, timeout=PATIENCE) as answer:
            received = _Received(answer)
            with path.open("xb") as file:
                while piece := answer.read1(_PIECE):
                    look(len(piece))
                    file.write(piece)
                    received.add(piece)
    except HTTPError as error:
        with error:
            raise _refusal(error, source, secret) from None
    except (http.client.HTTPException, zlib.error, URLError, OSError) as error:
        if isinstance(error, OSError) and not isinstance(error, _OF_THE_NETWORK):
            raise  # a disk error
        raise PullFailed(_broken(error, title)) from error
    if not received.is_whole or (is_zip and received.size and not zipfile.is_zipfile(path)):
        raise PullFailed(f"{title} interrupted the download.")
    if received.is_empty or (is_zip and not _names(path)):
        raise NoEvents
    return received.size


def _headers(key: str, secret: str, *, packed: bool) -> dict[str, str]:
    basic = b64encode(f"{key}:{secret}".encode()).decode()
    encoding = "gzip" if packed else "identity"
    return {"Authorization": f"Basic {basic}", "Accept-Encoding": encoding, "User-Agent": "Dojo"}


class _Received:
    """Tracks whether a response is complete, by its length and the end of its gzip data."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        length = answer.headers.get("Content-Length", "")
        self._expected = int(length) if length.isdecimal() else None
        self._gzip = zlib.decompressobj(31) if answer.headers.get("Content-Encoding") == "gzip" else None
        self._tail = b""
        self.size = 0

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        self._tail = (self._tail + self._text(piece))[-_TAIL:]

    def _text(self, piece: bytes) -> bytes:
        if self._gzip is None:
            return piece
        text = b""
        while piece:
            if self._gzip.eof:  # another member follows
                self._gzip = zlib.decompressobj(31)
            text = (text + self._gzip.decompress(piece))[-_TAIL:]
            piece = self._gzip.unused_data
        return text

    @property
    def is_empty(self) -> bool:
        return not self._tail.strip()

    @property
    def is_whole(self) -> bool:
        short = self._expected is not None and self.size < self._expected
        cut = self._gzip is not None and self.size > 0 and not self._gzip.eof
        return not short and not cut and _GIVEN_UP not in self._tail


def _refusal(error: HTTPError, source: PullSource, secret: str) -> Exception:
    """The exception for an HTTP error status."""
    status, title = error.code, source.title
    if status == 404 and source.by_hour:
        return NoEvents()
    if status in (401, 403):
        return PullFailed(
            f"{title} refused the key ({status}). Check the key, its secret, the project and the region.", _LONG
        )
    if status == 429:
        return PullFailed(f"{title} limits requests (429). Dojo tries again later.", _retry_after(error))
    if status >= 500:
        return PullFailed(f"{title} failed ({status}).", _retry_after(error))
    sentence = f"{title} refused the request ({status})."
    said = _said(error, secret)
    sentence = f'{sentence} It says: "{said}"' if said else sentence
    return TooLarge(sentence, _LONG) if status == 400 and source.by_hour else PullFailed(sentence, _LONG)


def _said(error: HTTPError, secret: str) -> str:
    try:
        text = error.read(4096).decode(errors="replace")
    except (http.client.HTTPException, OSError):
        return ""
    plain = " ".join(re.sub(r"<[^<>]*>|[\x00-\x1f]", " ", text).split())
    return plain.replace(secret, "…")[:_SHOWN] if secret else plain[:_SHOWN]


def _retry_after(error: HTTPError) -> timedelta | None:
    """Parse the Retry-After header, which has seconds or a date."""
    given = str(error.headers.get("Retry-After", "")).strip()
    if given.isascii() and given.isdecimal() and len(given) < 10:
        return min(timedelta(seconds=int(given)), _MOST)
    try:
        at = parsedate_to_datetime(given)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at - datetime.now(UTC), timedelta()), _MOST)


def _broken(error: Exception, title: str) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return f"{title} didn't answer within {PATIENCE / 60:.0f} minutes."
    if isinstance(error, URLError):
        return f"{title} can't be reached: {str(getattr(reason, 'strerror', '') or reason)[:_SHOWN]}."
    return f"{title} interrupted the download."


def _names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()
