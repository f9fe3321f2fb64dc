"""The file of an upload, which one request at a time may write to.

There are two kernel locks, which end with their process: one on ``<token>.hold`` while a request holds the upload, and
one on the file itself during each write. A computer that goes to sleep during an upload leaves a dead connection open,
and its request would wait forever. Such a silent holder is replaced: the next request creates a new hold file, and
before it writes again the old one notices that the hold isn't its own any more.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from interactions.errors import DojoError

SILENCE_SECONDS = 30.0


class UploadHeld(DojoError):
    """Another request is writing to this upload."""


class UploadRemoved(DojoError):
    """The file of this upload was removed."""


class Content:
    """An open upload file; ``position`` is that of the next byte."""

    def __init__(self, path: Path, file: int, held: int) -> None:
        self._path = path
        self._file = file
        self._held = held
        self.position = 0

    def append(self, piece: bytes) -> None:
        """Write ``piece`` at the position.

        Raises like ``own``, and OSError from the disk; the position then says how much was written.
        """
        rest = memoryview(piece)
        with self.own():
            os.utime(self._held)
            while rest:
                written = os.pwrite(self._file, rest, self.position)
                self.position += written
                rest = rest[written:]

    def settle(self) -> None:
        """Return once everything written is durable."""
        os.fsync(self._file)

    def cut_back(self, length: int) -> None:
        """Truncate the file to ``length`` bytes. Raises like ``own``."""
        with self.own():
            os.ftruncate(self._file, length)
        self.position = length

    @contextmanager
    def own(self) -> Iterator[None]:
        """Prevent other requests from taking the upload over inside the context.

        Raises UploadHeld if one did already, UploadRemoved if the file is gone.
        """
        with _moment(self._file):
            if not _is_at(self._file, self._path):
                raise UploadRemoved("The file of this upload was removed.")
            if not _is_at(self._held, _hold_path(self._path)):
                raise UploadHeld("The upload continued on another connection.")
            yield


def create(path: Path) -> None:
    """Create an empty upload file that only this account can read. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def remove(path: Path) -> None:
    """Remove an upload file even if it's held."""
    path.unlink(missing_ok=True)
    _hold_path(path).unlink(missing_ok=True)


@contextmanager
def hold(path: Path) -> Iterator[Content]:
    """Open an upload file for this request alone.

    Raises UploadHeld if another request holds it and wrote within ``SILENCE_SECONDS``, UploadRemoved if the file is
    gone.
    """
    hold_path = _hold_path(path)
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError as error:
        raise UploadRemoved("The file of this upload was removed.") from error
    try:
        with _moment(file):
            if not _is_at(file, path):
                raise UploadRemoved("The file of this upload was removed.")
            held = _take(hold_path)
        try:
            yield Content(path, file, held)
        finally:
            with _moment(file):
                if _is_at(held, hold_path):
                    hold_path.unlink()
            os.close(held)
    finally:
        os.close(file)


def _take(hold_path: Path) -> int:
    """Take the hold and return it as an open, locked file. Raises UploadHeld. Called with the upload's file locked."""
    held = os.open(hold_path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _lock(held):
            if time.time() - os.fstat(held).st_mtime < SILENCE_SECONDS:
                raise UploadHeld("This file is being uploaded from another page. Close that page, or wait a moment.")
            hold_path.unlink()
            former, held = held, os.open(hold_path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            os.close(former)
            _lock(held)
        os.utime(held)
    except BaseException:
        os.close(held)
        raise
    return held


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _moment(file: int) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is still the one at ``path``."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _hold_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.hold")
