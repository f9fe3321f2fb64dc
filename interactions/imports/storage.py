"""Where the bytes of an import lie, and how much room there is for more."""

import shutil
from pathlib import Path

from django.conf import settings

from interactions.models import Import


def upload_path(imp: Import) -> Path:
    """The file that was uploaded for ``imp``; raises Upload.DoesNotExist where the import has no upload."""
    return Path(settings.UPLOADS_DIR) / imp.upload.token


def free_bytes() -> int:
    """Bytes that may still be written below the data folder: free disk less the reserve, at least 0."""
    return max(0, shutil.disk_usage(settings.DATA_DIR).free - settings.DISK_RESERVE_BYTES)
