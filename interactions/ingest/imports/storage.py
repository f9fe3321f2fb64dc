"""The files of imports: on this machine's disk, or objects below UPLOADS_URL; and the free disk space.

No other module of ``ingest`` knows which. A place is a path, or an object or pieces of an upload, which have ``open``,
``exists`` and ``unlink`` as paths do.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeAlias

from django.conf import settings
from django.utils import timezone

from interactions.ingest import objects
from interactions.ingest.objects import ObjectFile, PiecedFile
from interactions.ingest.uploads import content, object_content
from interactions.models import Block, Import, Upload, UploadPiece
from interactions.packed_text import text_of
from interactions.warehouse.own_parts import OwnParts

_REJECTED = "rejected.jsonl.gz"
_BOUNDLESS: Final = 1 << 50
"""Bytes that fit into an object store: more than any file has."""

FilePlace: TypeAlias = Path | ObjectFile


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of packed text, which is read as its text is."""

    file: FilePlace

    def open(self, mode: Literal["rb"] = "rb", /, *, end: int | None = None) -> BinaryIO:
        """The text; ``end`` is a place in it, not in the file, so it's ignored. Raises FileNotFoundError."""
        return text_of(self.file.open(mode))

    def exists(self) -> bool:
        return self.file.exists()

    def size(self) -> int:
        """Bytes of the text. Raises FileNotFoundError."""
        with self.open() as text:
            return text.seek(0, os.SEEK_END)


Place: TypeAlias = FilePlace | PiecedFile | PackedFile


def upload_path(imp: Import) -> Path | PiecedFile:
    """The uploaded file. Raises Upload.DoesNotExist if the import has no upload."""
    if objects.are_used():
        return PiecedFile(object_content.pieces_of(imp.upload), imp.upload.offset)
    return Path(settings.UPLOADS_DIR) / imp.upload.token


def begin_upload(upload: Upload) -> None:
    """Make room for an upload that comes in pieces. Raises OSError."""
    if not objects.are_used():
        content.create(_path_of(upload))


def hold(upload: Upload) -> AbstractContextManager[content.Content | object_content.ObjectContent]:
    """Open an upload to write to it, for this request alone. Raises UploadHeld, UploadRemoved."""
    return object_content.hold(upload) if objects.are_used() else content.hold(_path_of(upload))


def _path_of(upload: Upload) -> Path:
    return Path(settings.UPLOADS_DIR) / upload.token


def whole_upload(imp: Import) -> Path | PiecedFile:
    """Create the upload of a file that doesn't come through the browser, and return its place. See ``filled``."""
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


@contextmanager
def filled(imp: Import) -> Iterator[Path]:
    """A path; what is there at the end becomes the file of an import that has an upload."""
    if not objects.are_used():
        yield _path_of(imp.upload)
        return
    with objects.work() as folder:
        path = folder / "upload"
        yield path
        _take_in(imp, path)


def take_in(imp: Import, path: Path) -> None:
    """Have a file of this machine be the uploaded file of an import: by a link, or copied to where objects are."""
    whole_upload(imp)
    if objects.are_used():
        _take_in(imp, path)
    else:
        os.symlink(path.resolve(), _path_of(imp.upload))


def _take_in(imp: Import, path: Path) -> None:
    upload, size, name = imp.upload, path.stat().st_size, f"{0:020d}-{secrets.token_hex(4)}"
    object_content.remove(upload)
    objects.objects().put(object_content.key_of(upload, name), path)
    UploadPiece.objects.create(upload=upload, start=0, size=size, name=name)
    Upload.objects.filter(pk=upload.pk).update(length=size, offset=size)
    upload.refresh_from_db()


def free_bytes() -> int:
    """Bytes that can still be written to the data folder: free disk space less the reserve, at least 0."""
    return max(0, shutil.disk_usage(settings.DATA_DIR).free - settings.DISK_RESERVE_BYTES)


def are_on_disk() -> bool:
    """Whether files are on this machine's disk, which may be full."""
    return not objects.are_used()


def room_for_uploads() -> int:
    """Bytes that can still be uploaded."""
    return _BOUNDLESS if objects.are_used() else free_bytes()


def folder(imp: Import) -> Path:
    """The folder of the import on the disk: parts until they are committed, and rejected records."""
    path = Path(settings.IMPORTS_DIR) / str(imp.pk)
    path.mkdir(parents=True, exist_ok=True)
    return path


def _file(imp: Import, name: str) -> FilePlace:
    return ObjectFile(f"{_folder_key(imp)}/{name}") if objects.are_used() else folder(imp) / name


def _folder_key(imp: Import) -> str:
    return f"imports/{imp.pk}"


def text_path(imp: Import) -> Place:
    """The text to read: the upload itself if it's neither packed nor a table."""
    if imp.mapping:
        return PackedFile(written_text_path(imp))
    return written_text_path(imp) if imp.compression else upload_path(imp)


def written_text_path(imp: Import) -> FilePlace:
    """Where the text of a packed file is written to; that of a table by a PackedWriter."""
    return _file(imp, "text")


def rows_path(imp: Import) -> FilePlace:
    """The row of the table for each record of the text, as ``table_rows`` writes it."""
    return _file(imp, "rows")


def part_path(block: Block) -> FilePlace:
    """The accepted records of the block's last attempt.

    Attempts have separate files, so a lost one can't overwrite another's.
    """
    return _file(block.of, f"{block.number:05d}-{block.claim}.parquet")


def rejects_path(block: Block) -> FilePlace:
    """The rejected records of the block's last attempt, as ``rejects`` writes them."""
    return _file(block.of, f"{block.number:05d}-{block.claim}.rejects")


def rejected_target(imp: Import) -> FilePlace:
    """Where all rejected records of an import are written to at its end."""
    # Apart from the files of running imports, which are listed again and again.
    return ObjectFile(f"rejected/{imp.pk}.jsonl.gz") if objects.are_used() else folder(imp) / _REJECTED


def rejected_path(imp: Import) -> FilePlace | None:
    """All rejected records of a finished import, as gzipped JSON Lines; None if there are none."""
    on_disk = Path(settings.IMPORTS_DIR) / str(imp.pk) / _REJECTED  # without making the folder
    path = rejected_target(imp) if objects.are_used() else on_disk
    return path if path.exists() else None


def opened(text: Place, end: int) -> BinaryIO:
    """A file to read; of an object, nothing is fetched in advance from ``end`` on. Raises FileNotFoundError."""
    return text.open("rb") if isinstance(text, Path) else text.open("rb", end=end)


def size_of(place: Place) -> int:
    """Bytes. Raises FileNotFoundError."""
    return place.stat().st_size if isinstance(place, Path) else place.size()


def sign_of(place: Place) -> tuple[int, int]:
    """Tells a file's content from what it was before. Raises FileNotFoundError."""
    if isinstance(place, Path):
        state = place.stat()
        return state.st_size, state.st_mtime_ns
    return place.size(), 0  # objects of one name have one content


@contextmanager
def written(place: FilePlace) -> Iterator[BinaryIO]:
    """A file to write to, which is at ``place`` once it's complete; after an exception nothing is."""
    with made(place) as path:
        draft = path.with_name(f"{path.name}.{secrets.token_hex(16)}.draft")
        try:
            with draft.open("wb") as file:
                yield file
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def made(place: FilePlace) -> Iterator[Path]:
    """A path to write to. What is there at the end is at ``place``; whoever writes cares that it's complete."""
    if isinstance(place, Path):
        yield place
    else:
        with objects.made(place) as path:
            yield path


@contextmanager
def made_anew(place: FilePlace, keep: Callable[[Path], object] = lambda path: None) -> Iterator[Path]:
    """The same for a place that is named by an attempt, so that nothing was there before.

    If it's an object, ``keep`` is called with a file of the same content once the object is durable.
    """
    if isinstance(place, Path):
        yield place
    else:
        with objects.made_anew(place, keep) as path:
            yield path


@contextmanager
def local(places: Sequence[FilePlace], take: Callable[[Path], bool] = lambda path: False) -> Iterator[list[Path]]:
    """The files on this machine, under their own names. Raises FileNotFoundError for objects that aren't there.

    ``take`` may make the file of a path without its object, and returns whether it did.
    """
    files = [place for place in places if isinstance(place, ObjectFile)]
    if not files:
        yield [place for place in places if isinstance(place, Path)]
    else:
        with objects.copies(files, take) as paths:
            yield paths


def copy(source: FilePlace, target: FilePlace) -> None:
    """Have ``target`` be the same file. Neither changes afterwards."""
    if isinstance(source, Path) and isinstance(target, Path):
        target.hardlink_to(source)
        return
    with local([source]) as (path,), made(target) as copied:
        shutil.copyfile(path, copied)


def remove_upload(imp: Import) -> None:
    """Remove the uploaded file and its unpacked text."""
    try:
        if objects.are_used():
            object_content.remove(imp.upload)
        else:
            content.remove(_path_of(imp.upload))
    except Upload.DoesNotExist:
        pass  # the import never got a file
    if objects.are_used():
        written_text_path(imp).unlink(missing_ok=True)
    else:
        (Path(settings.IMPORTS_DIR) / str(imp.pk) / "text").unlink(missing_ok=True)


def remove_parts(imp: Import) -> None:
    """Remove intermediate files, but not the rejected records of a finished import."""
    if objects.are_used():
        objects.objects().remove_below(_folder_key(imp))
        shutil.rmtree(Path(settings.IMPORTS_DIR) / str(imp.pk), ignore_errors=True)  # sample data is made there
        return
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
    if objects.are_used():
        remove_parts(imp)
        OwnParts(imp.environment.slug, imp.pk).forget()
        rejected_target(imp).unlink(missing_ok=True)
    else:
        shutil.rmtree(Path(settings.IMPORTS_DIR) / str(imp.pk), ignore_errors=True)


def remove_other_attempts(block: Block) -> None:
    """Remove files of a finished block left by lost attempts."""
    own = {part_path(block), rejects_path(block)}
    beginning = f"{block.number:05d}-"
    if objects.are_used():
        found: list[FilePlace] = [ObjectFile(key) for key, _ in objects.objects().names(_folder_key(block.of))]
    else:
        found = list(folder(block.of).glob(f"{beginning}*"))
    for place in found:
        if place not in own and place.name.startswith(beginning):
            place.unlink(missing_ok=True)


def remove_strays(imp: Import) -> int:
    """Remove pieces of an upload that don't count, as their request was killed; how many there were."""
    return object_content.remove_strays(imp.upload) if objects.are_used() and hasattr(imp, "upload") else 0


def tidy(imp: Import) -> None:
    """Remove files that an ended import doesn't need; a failed one keeps them for a retry."""
    if imp.state in (Import.State.CANCELLED, Import.State.UNDONE):
        remove_all(imp)
    elif imp.is_done or imp.brought_nothing:
        remove_upload(imp)
        remove_parts(imp)


def crowded() -> set[int]:
    """The ids of imports that have more files than that of rejected records."""
    if objects.are_used():
        return {int(name) for name in objects.objects().folders("imports") if name.isdigit()}
    return {
        int(path.name)
        for path in Path(settings.IMPORTS_DIR).glob("*")
        if path.name.isdigit() and [file.name for file in path.glob("*")] != [_REJECTED]
    }


def tokens() -> list[str]:
    """The tokens of uploads that have a file."""
    if objects.are_used():
        return objects.objects().folders("uploads")
    return [path.name for path in Path(settings.UPLOADS_DIR).glob("*") if not path.suffix]


def has_file(imp: Import) -> bool:
    """Whether the uploaded file can still be read; sample data can be made again."""
    try:
        return imp.source == Import.Source.SAMPLE or upload_path(imp).exists()
    except Upload.DoesNotExist:
        return False
