"""The views of resumable uploads (tus 1.0.0): ``/uploads/`` creates one, ``/uploads/<token>/`` continues it."""

import logging
import secrets
from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import http_date

from interactions.access.members import standing
from interactions.access.roles import Right
from interactions.disk import is_full
from interactions.errors import ImportStateError
from interactions.ingest import imports
from interactions.ingest.imports import storage
from interactions.ingest.uploads import protocol
from interactions.ingest.uploads.protocol import UploadRefused
from interactions.ingest.uploads.receive import GONE, disk_full, expiry, has_ended, pieces, receive, size_text
from interactions.models import Environment, Import, Upload
from interactions.object_store import ObjectStoreError

logger = logging.getLogger(__name__)

NO_RIGHT = "You can't import data here. Ask an owner of the environment to make you an analyst."
_REASONS = {protocol.CHECKSUM_MISMATCH: "Checksum Mismatch"}


def _speaks_tus(act: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Check the user and the protocol version, turn UploadRefused into a response, and add the tus headers.

    ``act`` is called with the request, the user, the requested method and the URL's arguments. Without a log-in the
    response is a 401 with a sentence, not a redirect, because clients are often programs.
    """

    @login_not_required
    @wraps(act)
    def view(request: HttpRequest, **address: str) -> HttpResponse:
        try:
            user = request.user
            if not isinstance(user, User):
                raise UploadRefused(401, "Log in to upload files.")
            if not standing(user).may_somewhere(Right.IMPORT):  # the environment is checked with the upload
                raise UploadRefused(403, NO_RIGHT)
            method = protocol.method(request.method or "", request.headers)
            if method == "OPTIONS":
                answer = HttpResponse(status=204, headers=protocol.capabilities(storage.room_for_uploads()))
            else:
                protocol.check_version(request.headers)
                answer = act(request, user, method, **address)
        except Exception as error:  # noqa: BLE001 - other errors are raised again
            refusal = _refusal(error)
            answer = HttpResponse(
                f"{refusal}\n",
                status=refusal.status,
                reason=_REASONS.get(refusal.status),
                headers=refusal.headers,
                content_type="text/plain; charset=utf-8",
            )
        answer["Tus-Resumable"] = protocol.VERSION
        answer["Cache-Control"] = "no-store"
        return answer

    return view


def _refusal(error: Exception) -> UploadRefused:
    """The refusal for ``error``; raises it again unless it's a refusal, a full disk or an object store that is away."""
    if isinstance(error, UploadRefused):
        return error
    if isinstance(error, ObjectStoreError):
        logger.warning("%s", error)
        return UploadRefused(503, "The uploaded bytes can't be stored at the moment. Resume the upload in a minute.")
    if is_full(error):  # from the file system or the database
        return disk_full()
    raise error


@_speaks_tus
def creation(request: HttpRequest, user: User, method: str) -> HttpResponse:
    """Create an import and its upload, and write the bytes in the same request, if any."""
    if method != "POST":
        raise UploadRefused(405, f"{method} is not allowed here.", {"Allow": "OPTIONS, POST"})
    asked = protocol.creation(request.headers)
    length = protocol.body_length(request.headers)
    checksum = protocol.checksum(request.headers)
    if length:
        protocol.check_content_type(request.headers)
    if length > asked.length:
        raise UploadRefused(413, f"The upload has {asked.length} bytes, but this request has {length}.")
    upload = _create(user, asked)
    if length or upload.is_complete:
        try:
            upload = receive(upload, offset=0, length=length, body=pieces(request), checksum=checksum)
        except UploadRefused:
            # The upload exists and must be returned; its offset says how much was kept.
            upload.refresh_from_db(fields=["offset", "expires_at"])
    answer = HttpResponse(status=201, headers=_standing(upload))
    answer["Location"] = reverse("upload", kwargs={"token": upload.token})
    return answer


@_speaks_tus
def resource(request: HttpRequest, user: User, method: str, token: str) -> HttpResponse:
    """Report an upload's offset, continue it, or cancel it."""
    if method not in ("HEAD", "PATCH", "DELETE"):
        raise UploadRefused(405, f"{method} is not allowed here.", {"Allow": "OPTIONS, HEAD, PATCH, DELETE"})
    upload = _find(user, token)
    if method != "DELETE":
        protocol.check_fingerprint(request.headers, upload.metadata)
    if method == "HEAD":
        return _tell(upload)
    if method == "PATCH":
        return _take(request, upload)
    return _end(upload)


def _tell(upload: Upload) -> HttpResponse:
    if upload.is_complete and upload.of.state == Import.State.UPLOADING:
        # The request with the last byte died before handing the file on.
        upload = receive(upload, offset=upload.offset, length=0, body=())
    answer = HttpResponse(status=200, headers=_standing(upload))
    answer["Upload-Length"] = str(upload.length)
    if upload.metadata:
        answer["Upload-Metadata"] = upload.metadata
    return answer


def _take(request: HttpRequest, upload: Upload) -> HttpResponse:
    protocol.check_content_type(request.headers)
    upload = receive(
        upload,
        offset=protocol.offset(request.headers),
        length=protocol.body_length(request.headers),
        body=pieces(request),
        checksum=protocol.checksum(request.headers),
    )
    return HttpResponse(status=204, headers=_standing(upload))


def _end(upload: Upload) -> HttpResponse:
    try:
        imports.cancel(upload.of)
    except ImportStateError as error:
        raise UploadRefused(410, GONE) from error
    storage.remove_upload(upload.of)
    return HttpResponse(status=204)


def _find(user: User, token: str) -> Upload:
    """The user's own upload; others' are reported as unknown."""
    upload = Upload.objects.select_related("of__environment").filter(token=token, owner=user).first()
    if upload is None:
        raise UploadRefused(404, "Unknown upload. Drop the file again to start over.")
    if not standing(user).may(Right.IMPORT, upload.of.environment.slug):
        raise UploadRefused(403, NO_RIGHT)
    if has_ended(upload):
        raise UploadRefused(410, GONE)
    return upload


def _create(user: User, asked: protocol.Creation) -> Upload:
    environment = Environment.objects.filter(slug=asked.environment).first()
    if environment is None:
        raise UploadRefused(400, "Upload-Metadata names an environment that does not exist.")
    if not standing(user).may(Right.IMPORT, environment.slug):
        raise UploadRefused(403, NO_RIGHT)
    free = storage.room_for_uploads()
    if not free:
        raise disk_full()
    if asked.length > free:
        raise UploadRefused(
            413,
            f"The file has {size_text(asked.length)}, but there is only room for {size_text(free)}. "
            "Free some disk space, or split the file.",
        )
    with transaction.atomic():
        upload = Upload.objects.create(
            token=secrets.token_hex(16),
            of=imports.begin(environment, file_name=asked.file_name, size=asked.length, user=user),
            owner=user,
            length=asked.length,
            metadata=asked.metadata,
            expires_at=expiry(),
        )
        storage.begin_upload(upload)
    return upload


def _standing(upload: Upload) -> dict[str, str]:
    """The headers with the offset, expiry and import of an upload."""
    headers = {"Upload-Offset": str(upload.offset), "Dojo-Import": str(upload.of.pk)}
    if not upload.is_complete:
        headers["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    return headers
