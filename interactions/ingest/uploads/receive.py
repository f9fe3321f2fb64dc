"""Write the bytes of a request to an upload, and continue the import once its file is complete."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TypeAlias

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from interactions.disk import is_full
from interactions.ingest import imports
from interactions.ingest.imports import storage
from interactions.ingest.uploads import content
from interactions.ingest.uploads.object_content import ObjectContent
from interactions.ingest.uploads.protocol import CHECKSUM_MISMATCH, Checksum, UploadRefused
from interactions.models import Import, Upload

AnyContent: TypeAlias = content.Content | ObjectContent
PIECE_BYTES = 64 << 10
# Sync large bodies at intervals, so that a power cut loses little.
CHECKPOINT_BYTES = 64 << 20
GONE = "This upload has ended. Drop the file again to start over."
# States in which the file of a complete upload isn't kept. A failed import keeps it for a retry.
_USED_UP = {Import.State.DONE, Import.State.DONE_WITH_REJECTS, Import.State.CANCELLED, Import.State.UNDONE}


def pieces(request: HttpRequest) -> Iterator[bytes]:
    """Yield the body in pieces of at most ``PIECE_BYTES``.

    Ends early, without an error, if the connection breaks: what was yielded did arrive. Waits in the request's own
    thread while the connection is open, because the web server hangs if another thread is still reading when the
    request ends.
    """
    try:
        while piece := request.read(PIECE_BYTES):
            yield piece
    except UnreadablePostError:  # a broken connection; some servers just end the body instead
        return


def expiry() -> datetime:
    """When an upload expires that receives no more data from now on."""
    return timezone.now() + timedelta(hours=settings.UPLOAD_EXPIRES_HOURS)


def receive(
    upload: Upload, *, offset: int, length: int, body: Iterable[bytes], checksum: Checksum | None = None
) -> Upload:
    """Write ``body``, which should have ``length`` bytes, at ``offset`` of the upload; returns its updated row.

    A partial body is kept. The offset in the database is authoritative and never ahead of the disk; the next request
    overwrites bytes beyond it. A complete file is handed to its import here, even if the request with the last byte
    died before doing so. Raises UploadRefused: 409 wrong offset, 410 ended, 413 too long, 423 in use, 460 checksum, 507
    disk full.
    """
    try:
        with storage.hold(upload) as file:
            upload = _current(upload)
            _check(upload, offset, length)
            file.position = offset
            if not upload.is_complete:
                _write(upload, file, body, checksum)
            if upload.is_complete and upload.of.state == Import.State.UPLOADING:
                imports.received(upload.of)
    except content.UploadHeld as error:
        raise UploadRefused(423, str(error)) from error
    except content.UploadRemoved as error:
        raise UploadRefused(410, GONE) from error
    return upload


def has_ended(upload: Upload) -> bool:
    """Whether the upload has expired, was cancelled, or isn't needed any more."""
    if upload.is_complete:
        return upload.of.state in _USED_UP
    return upload.of.state != Import.State.UPLOADING or upload.expires_at <= timezone.now()


def disk_full() -> UploadRefused:
    """The refusal of data that doesn't fit on the disk."""
    free = size_text(storage.room_for_uploads())
    return UploadRefused(
        507,
        f"The server's disk is full ({free} free). What has arrived is kept: "
        "once there is space, drop the file again to resume.",
    )


def size_text(size: int) -> str:
    """A readable size: ``12.4 GB``."""
    return filesizeformat(size).replace("\xa0", " ")


def _current(upload: Upload) -> Upload:
    """The current row, now that this request holds the file."""
    found = Upload.objects.select_related("of__environment").filter(pk=upload.pk).first()
    if found is None or has_ended(found):
        raise UploadRefused(410, GONE)
    return found


def _check(upload: Upload, offset: int, length: int) -> None:
    if offset != upload.offset:
        raise UploadRefused(
            409,
            f"The upload continues at byte {upload.offset}, not {offset}.",
            {"Upload-Offset": str(upload.offset)},
        )
    rest = upload.length - upload.offset
    if length > rest:
        raise UploadRefused(413, f"The upload needs {rest} more bytes, but this request has {length}.")
    if length > storage.room_for_uploads():
        raise disk_full()


def _write(upload: Upload, file: AnyContent, body: Iterable[bytes], checksum: Checksum | None) -> None:
    digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
    full: OSError | None = None
    try:
        for piece in body:
            file.append(piece)
            if digest is not None:
                digest.update(piece)
            elif file.position - upload.offset >= CHECKPOINT_BYTES:
                _keep(upload, file)
    except OSError as error:
        if not is_full(error):
            raise
        full = error
    if checksum and digest and (full or not hmac.compare_digest(digest.digest(), checksum.digest)):
        file.cut_back(upload.offset)
        if not full:
            raise UploadRefused(CHECKSUM_MISMATCH, "The bytes don't match their checksum. Send them again.")
    _keep(upload, file)
    if full:
        raise disk_full() from full


def _keep(upload: Upload, file: AnyContent) -> None:
    """Sync what was written, then update the database."""
    file.settle()
    expires_at = expiry()
    with file.own():
        still_wanted = Upload.objects.filter(pk=upload.pk, of__state=Import.State.UPLOADING).update(
            offset=file.position, expires_at=expires_at
        )
    if not still_wanted:  # cancelled while it was receiving data
        raise UploadRefused(410, GONE)
    upload.offset, upload.expires_at = file.position, expires_at
