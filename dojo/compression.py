"""Compresses pages, fragments and their data: with Brotli, or with gzip for clients that don't accept it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Final

import brotli
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.text import compress_string

_LEAST: Final = 500  # bytes; a smaller response fits into one packet anyway
_QUALITY: Final = 5  # 1 ms for 100 kB
_TYPES: Final = ("text/", "application/json")
_MOST_RANDOM: Final = 100  # bytes
_NEVER: Final = re.compile(r"q=0(\.0*)?")


class Compression:
    """Middleware; static files are compressed when they're collected, and the API's responses go another way.

    Whoever can read the length of a compressed response and put guesses into it could find a secret in it (BREACH).
    So what shows a secret isn't compressed: responses to POST, where keys, links and passwords are shown once, and the
    pages of the second factor. Elsewhere the only secret is the CSRF token, which Django masks anew in each response;
    other sites can't request pages with the session's cookie, which is SameSite=Lax. And the length is a random one:
    up to 100 bytes are added that readers skip.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not _may_be_compressed(request, response):
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        accepted = _accepted(request)
        encoding = next((each for each in ("br", "gzip") if each in accepted), None)
        if encoding is None:
            return response
        content = response.content  # type: ignore[attr-defined]  # it isn't streamed
        packed = _brotli(content) if encoding == "br" else compress_string(content, max_random_bytes=_MOST_RANDOM)
        if len(packed) < len(content):
            response.content = packed  # type: ignore[attr-defined]
            response.headers["Content-Length"] = str(len(packed))
            response.headers["Content-Encoding"] = encoding
            if (tag := response.headers.get("ETag", "")).startswith('"'):
                response.headers["ETag"] = f"W/{tag}"  # the same content, but not the same bytes
        return response


def _may_be_compressed(request: HttpRequest, response: HttpResponseBase) -> bool:
    if request.method != "GET" or response.streaming or response.has_header("Content-Encoding"):
        return False
    if not response.headers.get("Content-Type", "").startswith(_TYPES):
        return False
    match = request.resolver_match
    shows_secrets = match is not None and (match.url_name or "").startswith("mfa_")
    return not shows_secrets and len(response.content) >= _LEAST  # type: ignore[attr-defined]


def _accepted(request: HttpRequest) -> set[str]:
    """The encodings that the client accepts: those without a weight of 0."""
    found = set()
    for part in request.headers.get("Accept-Encoding", "").split(","):
        name, _, weight = part.replace(" ", "").lower().partition(";")
        if not _NEVER.fullmatch(weight):
            found.add(name)
    return found


def _brotli(content: bytes) -> bytes:
    packer = brotli.Compressor(mode=brotli.MODE_TEXT, quality=_QUALITY)
    packed: bytes = packer.process(content) + packer.flush()
    packed += _skipped(1 + secrets.randbelow(_MOST_RANDOM)) + packer.finish()
    return packed


def _skipped(length: int) -> bytes:
    """A metadata block of 1 to 256 random bytes, which decoders skip (RFC 7932, 9.2). It begins at a whole byte."""
    is_last, no_nibbles, reserved, one_byte_of_length = 0, 3 << 1, 0 << 3, 1 << 4
    header = is_last | no_nibbles | reserved | one_byte_of_length | (length - 1) << 6
    return header.to_bytes(2, "little") + secrets.token_bytes(length)
