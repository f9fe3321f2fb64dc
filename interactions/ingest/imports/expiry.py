"""Give up uploads that nobody went on with."""

import logging

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from interactions.errors import ImportStateError
from interactions.ingest import imports
from interactions.ingest.imports import storage
from interactions.ingest.uploads import content
from interactions.models import Import, Upload

logger = logging.getLogger(__name__)


def expire() -> int:
    """Remove the bytes of unfinished uploads that are over their time and cancel their imports.

    Returns how many. One whose bytes are arriving right now is left alone.
    """
    over = Upload.objects.filter(
        expires_at__lte=timezone.now(), offset__lt=F("length"), of__state=Import.State.UPLOADING
    ).select_related("of")
    return sum(_expire(upload) for upload in over)


def _expire(upload: Upload) -> bool:
    path = storage.upload_path(upload.of)
    try:
        with content.hold(path):
            upload.refresh_from_db(fields=["expires_at"])
            if upload.expires_at > timezone.now():  # went on since it was found
                return False
            ended = _cancel(upload.of)
    except content.UploadHeld:
        return False
    except content.UploadRemoved:
        ended = _cancel(upload.of)
    content.remove(path)
    return ended


def _cancel(imp: Import) -> bool:
    try:
        imports.cancel(imp)
    except ImportStateError:  # somebody else ended it first, and said why
        return False
    sentence = (
        f"The upload wasn't finished within {settings.UPLOAD_EXPIRES_HOURS} hours, so what arrived was removed. "
        "Drop the file again to start over."
    )
    Import.objects.filter(pk=imp.pk).update(error=sentence)
    logger.info("Upload of import %s expired", imp.pk)
    return True
