"""The tus 1.0.0 protocol: parsing and checking request headers, and refusals.

The rules are those of https://tus.io/protocols/resumable-upload, core and the extensions named in
``EXTENSIONS``. Nothing here knows Django, the database or the disk.
"""

import binascii
import re
import unicodedata
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from interactions.errors import DojoError

VERSION = "1.0.0"
EXTENSIONS = ("creation", "creation-with-upload", "termination", "checksum", "expiration")
ALGORITHMS = {"sha1": 20, "sha256": 32, "md5": 16}  # bytes of each digest
CONTENT_TYPE = "application/offset+octet-stream"
CHECKSUM_MISMATCH = 460  # the extension's own status
METADATA_CHARACTERS = 4096
FILE_NAME_CHARACTERS = 255

_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)  # below 2**63, the most a database keeps
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


class UploadRefused(DojoError):
    """Refuses a request with ``status``, a sentence and ``headers``."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = dict(headers or {})


@dataclass(frozen=True)
class Checksum:
    """The expected checksum of a request's body; ``algorithm`` is one of ``ALGORITHMS``."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True)
class Creation:
    """A request for a new upload: ``length`` in bytes, ``metadata`` as sent."""

    length: int
    metadata: str
    file_name: str
    environment: str


def capabilities(max_size: int) -> dict[str, str]:
    """The headers with the server's capabilities; ``max_size`` is the free space for an upload in bytes."""
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": ",".join(EXTENSIONS),
        "Tus-Max-Size": str(max_size),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def method(actual: str, headers: Mapping[str, str]) -> str:
    """The requested method: X-HTTP-Method-Override wins over the ``actual`` one.

    Raises UploadRefused 405 if it would turn a safe method into an unsafe one, because the CSRF check only looks at the
    actual method.
    """
    meant = headers.get("X-HTTP-Method-Override", "").strip().upper() or actual
    if actual in _SAFE_METHODS and meant not in _SAFE_METHODS:
        raise UploadRefused(405, f"Send {meant} as a POST request with X-HTTP-Method-Override.", {"Allow": "POST"})
    return meant


def check_version(headers: Mapping[str, str]) -> None:
    """Raise UploadRefused 412 unless the client speaks our version."""
    if headers.get("Tus-Resumable") != VERSION:
        raise UploadRefused(
            412, f"This server speaks tus {VERSION}: send Tus-Resumable: {VERSION}.", {"Tus-Version": VERSION}
        )


def check_content_type(headers: Mapping[str, str]) -> None:
    """Raise UploadRefused 415 unless the Content-Type is that of upload data."""
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise UploadRefused(415, f"Send the bytes of an upload with Content-Type: {CONTENT_TYPE}.")


def body_length(headers: Mapping[str, str]) -> int:
    """The Content-Length in bytes. Raises UploadRefused 411 for a body of unknown length."""
    if "Transfer-Encoding" in headers:
        raise UploadRefused(411, "The length of the body must be known: send Content-Length.")
    if not headers.get("Content-Length"):
        return 0
    return _whole_number("Content-Length", headers)


def offset(headers: Mapping[str, str]) -> int:
    """The offset of the body in the upload, in bytes. Raises UploadRefused 400."""
    return _whole_number("Upload-Offset", headers)


def checksum(headers: Mapping[str, str]) -> Checksum | None:
    """The expected checksum of the body, or None if the client sent none. Raises UploadRefused 400."""
    value = headers.get("Upload-Checksum")
    if value is None:
        return None
    algorithm, _, encoded = value.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise UploadRefused(400, f"Upload-Checksum names an algorithm that is not one of {', '.join(ALGORITHMS)}.")
    digest = _base64(encoded, "Upload-Checksum")
    if len(digest) != ALGORITHMS[algorithm]:
        raise UploadRefused(
            400, f"Upload-Checksum must have the {ALGORITHMS[algorithm]} bytes of a {algorithm} digest."
        )
    return Checksum(algorithm, digest)


def creation(headers: Mapping[str, str]) -> Creation:
    """Parse a request for a new upload. Raises UploadRefused 400 that names the wrong header."""
    if "Upload-Defer-Length" in headers:
        raise UploadRefused(400, "The size of the file must be known at the start: send Upload-Length.")
    if "Upload-Concat" in headers:
        raise UploadRefused(400, "Concatenating uploads isn't supported: send the file as one upload.")
    length = _whole_number("Upload-Length", headers)
    written = headers.get("Upload-Metadata", "").strip()
    given = metadata(written)
    for key in ("filename", "environment"):
        if key not in given:
            raise UploadRefused(400, f"Upload-Metadata must have the {key}.")
    return Creation(
        length=length,
        metadata=written,
        file_name=_file_name(_text("filename", given)),
        environment=_text("environment", given),
    )


def metadata(written: str) -> dict[str, bytes]:
    """The decoded pairs of an Upload-Metadata header. Raises UploadRefused 400.

    If this returns, ``written`` is printable ASCII and safe to send back as a header.
    """
    if len(written) > METADATA_CHARACTERS or not written.isascii() or (written and not written.isprintable()):
        raise UploadRefused(400, f"Upload-Metadata must be plain ASCII with at most {METADATA_CHARACTERS} characters.")
    pairs: dict[str, bytes] = {}
    if not written:
        return pairs
    for pair in written.split(","):
        key, _, encoded = pair.strip().partition(" ")
        if not key or key in pairs:
            raise UploadRefused(400, "Upload-Metadata must be pairs of a key and a value, with each key once.")
        pairs[key] = _base64(encoded, "Upload-Metadata")
    return pairs


def check_fingerprint(headers: Mapping[str, str], written: str) -> None:
    """Raise UploadRefused 410 if the client's file isn't the one the upload began with.

    The header Dojo-Fingerprint identifies the client's file; ``written`` is the Upload-Metadata, which may have the
    original's.
    """
    said = headers.get("Dojo-Fingerprint", "")
    begun = metadata(written).get("fingerprint", b"").decode(errors="replace")
    if said and begun and said != begun:
        raise UploadRefused(410, "The file has changed since this upload began. Drop it again to start over.")


def _whole_number(name: str, headers: Mapping[str, str]) -> int:
    value = headers.get(name)
    if value is None:
        raise UploadRefused(400, f"The header {name} is missing.")
    if not _WHOLE_NUMBER.fullmatch(value.strip()):
        raise UploadRefused(400, f"The header {name} must be a whole number of bytes.")
    return int(value)


def _base64(encoded: str, name: str) -> bytes:
    try:
        return b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UploadRefused(400, f"{name} has a value that isn't Base64.") from error


def _text(key: str, given: Mapping[str, bytes]) -> str:
    try:
        return given[key].decode()
    except UnicodeDecodeError as error:
        raise UploadRefused(400, f"The {key} in Upload-Metadata is not UTF-8.") from error


def _file_name(given: str) -> str:
    """The last part of a path, without control and formatting characters, shortened in the middle."""
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf")).strip()
    if not name:
        raise UploadRefused(400, "The filename in Upload-Metadata is empty.")
    if len(name) > FILE_NAME_CHARACTERS:
        end = 40  # keeps the extensions
        name = f"{name[: FILE_NAME_CHARACTERS - end - 1]}…{name[-end:]}"
    return name
