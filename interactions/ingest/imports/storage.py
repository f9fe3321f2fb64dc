"""The files of an import, and the free disk space."""

import secrets
import shutil
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from interactions.ingest.uploads import content
from interactions.models import Block, Import, Upload

_REJECTED = "rejected.jsonl.gz"


def upload_path(imp: Import) -> Path:
    """The uploaded file. Raises Upload.DoesNotExist if the import has no upload."""
    return Path(settings.UPLOADS_DIR) / imp.upload.token


def whole_upload(imp: Import) -> Path:
    """Create the upload of a file that doesn't come through the browser, and return where to put it."""
    Upload.objects.create(
        of=imp,
        token=secrets.token_hex(16),
        owner=imp.created_by,
        length=imp.size,
        offset=imp.size,
        expires_at=timezone.now() + timedelta(hours=settings.UPLOAD_EXPIRES_HOURS),
    )
    Path(settings.UPLOADS_DIR).mkdir(parents=True, exist_ok=True)
    return upload_path(imp)


def free_bytes() -> int:
    """Bytes that can still be written to the data folder: free disk space less the reserve, at least 0."""
    return max(0, shutil.disk_usage(settings.DATA_DIR).free - settings.DISK_RESERVE_BYTES)


def folder(imp: Import) -> Path:
    """The folder of the import: parts until they are committed, and rejected records."""
    path = Path(settings.IMPORTS_DIR) / str(imp.pk)
    path.mkdir(parents=True, exist_ok=True)
    return path


def text_path(imp: Import) -> Path:
    """The unpacked text: the upload itself if it's neither packed nor a table."""
    return folder(imp) / "text" if imp.compression or imp.mapping else upload_path(imp)


def rows_path(imp: Import) -> Path:
    """Which row of its table each record of the text stands for, as ``table_rows`` writes it."""
    return folder(imp) / "rows"


def part_path(block: Block) -> Path:
    """The accepted records of the block's last attempt.

    Attempts have separate files, so a lost one can't overwrite another's.
    """
    return folder(block.of) / f"{block.number:05d}-{block.claim}.parquet"


def rejects_path(block: Block) -> Path:
    """The rejected records of the block's last attempt, as ``rejects`` writes them."""
    return folder(block.of) / f"{block.number:05d}-{block.claim}.rejects"


def rejected_path(imp: Import) -> Path | None:
    """All rejected records of a finished import, as gzipped JSON Lines; None if there are none."""
    path = Path(settings.IMPORTS_DIR) / str(imp.pk) / _REJECTED
    return path if path.exists() else None


def remove_upload(imp: Import) -> None:
    """Remove the uploaded file and its unpacked text."""
    try:
        content.remove(upload_path(imp))
    except Upload.DoesNotExist:
        pass  # the import never got a file
    (Path(settings.IMPORTS_DIR) / str(imp.pk) / "text").unlink(missing_ok=True)


def remove_parts(imp: Import) -> None:
    """Remove intermediate files, but not the rejected records of a finished import."""
    path = Path(settings.IMPORTS_DIR) / str(imp.pk)
    for found in path.glob("*"):
        if found.name != _REJECTED:
            found.unlink(missing_ok=True)
    try:
        path.rmdir()
    except OSError:
        pass  # it has rejected records, or never existed


def remove_all(imp: Import) -> None:
    """Remove all files of an import."""
    remove_upload(imp)
    shutil.rmtree(Path(settings.IMPORTS_DIR) / str(imp.pk), ignore_errors=True)


def tidy(imp: Import) -> None:
    """Remove files that an ended import doesn't need; a failed one keeps them for a retry."""
    if imp.state in (Import.State.CANCELLED, Import.State.UNDONE):
        remove_all(imp)
    elif imp.is_done or imp.brought_nothing:
        remove_upload(imp)
        remove_parts(imp)


def crowded() -> set[int]:
    """The ids of imports whose folder holds more than rejected records."""
    return {
        int(path.name)
        for path in Path(settings.IMPORTS_DIR).glob("*")
        if path.name.isdigit() and [file.name for file in path.glob("*")] != [_REJECTED]
    }


def tokens() -> list[str]:
    """The tokens of uploads that have a file."""
    return [path.name for path in Path(settings.UPLOADS_DIR).glob("*") if not path.suffix]


def has_file(imp: Import) -> bool:
    """Whether the uploaded file can still be read; sample data can be made again."""
    try:
        return imp.source == Import.Source.SAMPLE or upload_path(imp).exists()
    except Upload.DoesNotExist:
        return False
