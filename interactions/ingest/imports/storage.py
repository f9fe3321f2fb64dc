"""Where the bytes of an import lie, and how much room there is for more."""

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
    """The file that was given for ``imp``; raises Upload.DoesNotExist where the import has no upload."""
    return Path(settings.UPLOADS_DIR) / imp.upload.token


def whole_upload(imp: Import) -> Path:
    """Make the upload of a file that does not come through the browser; answers where it has to lie."""
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
    """Bytes that may still be written below the data folder: free disk less the reserve, at least 0."""
    return max(0, shutil.disk_usage(settings.DATA_DIR).free - settings.DISK_RESERVE_BYTES)


def folder(imp: Import) -> Path:
    """What Dojo makes of the import: parts until they are committed, records that were refused."""
    path = Path(settings.IMPORTS_DIR) / str(imp.pk)
    path.mkdir(parents=True, exist_ok=True)
    return path


def text_path(imp: Import) -> Path:
    """The unpacked text: the upload itself where it is neither packed nor a table."""
    return folder(imp) / "text" if imp.compression or imp.mapping else upload_path(imp)


def part_path(block: Block) -> Path:
    """The accepted records of the block's last attempt: one that was taken for lost cannot write over another's."""
    return folder(block.of) / f"{block.number:05d}-{block.claim}.parquet"


def rejects_path(block: Block) -> Path:
    """The refused records of the block's last attempt, as ``rejects`` writes them."""
    return folder(block.of) / f"{block.number:05d}-{block.claim}.rejects"


def rejected_path(imp: Import) -> Path | None:
    """All refused records of an import that is done, as JSON Lines, gzip; None where there are none."""
    path = Path(settings.IMPORTS_DIR) / str(imp.pk) / _REJECTED
    return path if path.exists() else None


def remove_upload(imp: Import) -> None:
    """Remove the file that was given, and its unpacked text."""
    try:
        content.remove(upload_path(imp))
    except Upload.DoesNotExist:
        pass  # an import that never got a file
    (Path(settings.IMPORTS_DIR) / str(imp.pk) / "text").unlink(missing_ok=True)


def remove_parts(imp: Import) -> None:
    """Remove all that was made on the way, but not the refused records of an import that is done."""
    path = Path(settings.IMPORTS_DIR) / str(imp.pk)
    for found in path.glob("*"):
        if found.name != _REJECTED:
            found.unlink(missing_ok=True)
    try:
        path.rmdir()
    except OSError:
        pass  # the refused records are in it, or it never was


def remove_all(imp: Import) -> None:
    """Leave nothing of an import's files."""
    remove_upload(imp)
    shutil.rmtree(Path(settings.IMPORTS_DIR) / str(imp.pk), ignore_errors=True)


def tidy(imp: Import) -> None:
    """Remove what an import that has ended has no more use for; a failed one keeps all, for another try."""
    if imp.state in (Import.State.CANCELLED, Import.State.UNDONE):
        remove_all(imp)
    elif imp.is_done or imp.brought_nothing:
        remove_upload(imp)
        remove_parts(imp)


def crowded() -> set[int]:
    """The ids of the imports whose folder holds anything else than the refused records."""
    return {
        int(path.name)
        for path in Path(settings.IMPORTS_DIR).glob("*")
        if path.name.isdigit() and [file.name for file in path.glob("*")] != [_REJECTED]
    }


def tokens() -> list[str]:
    """The names of the uploads that have a file."""
    return [path.name for path in Path(settings.UPLOADS_DIR).glob("*") if not path.suffix]


def has_file(imp: Import) -> bool:
    """Whether the file that was given is still there to be read; sample data are made anew."""
    try:
        return imp.source == Import.Source.SAMPLE or upload_path(imp).exists()
    except Upload.DoesNotExist:
        return False
