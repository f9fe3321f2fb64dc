"""The file that an upload's bytes are written to, held by one request at a time.

Two locks, both the kernel's, so that they go with a process that dies: one on ``<token>.hold`` for as
long as a request holds the upload, and one on the file itself for the moment of each write. A
computer that was shut in the middle of an upload leaves a connection that is neither used nor ended,
and its request waits for more for as long as the server lives. Such a silent holder is superseded: the
next one puts a new hold file in place, and the former finds, before it writes again, that the hold
is no longer its own.
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
    """The file of this upload is no more."""


class Content:
    """An open upload file. ``position`` is where the next byte goes."""

    def __init__(self, path: Path, file: int, held: int) -> None:
        self._path = path
        self._file = file
        self._held = held
        self.position = 0

    def append(self, piece: bytes) -> None:
        """Write ``piece`` at the position.

        Raises as ``own`` does, and OSError where the disk refuses; the position then says how much
        was written.
        """
        rest = memoryview(piece)
        with self.own():
            os.utime(self._held)
            while rest:
                written = os.pwrite(self._file, rest, self.position)
                self.position += written
                rest = rest[written:]

    def settle(self) -> None:
        """Return once everything written is on the disk."""
        os.fsync(self._file)

    def cut_back(self, length: int) -> None:
        """Forget everything from byte ``length`` on; raises as ``own`` does."""
        with self.own():
            os.ftruncate(self._file, length)
        self.position = length

    @contextmanager
    def own(self) -> Iterator[None]:
        """A moment in which nobody can take the upload over.

        Raises Held where somebody did, Removed where the file is gone.
        """
        with _moment(self._file):
            if not _is_at(self._file, self._path):
                raise UploadRemoved("The file of this upload was removed.")
            if not _is_at(self._held, _hold_path(self._path)):
                raise UploadHeld("The upload went on over another connection.")
            yield


def create(path: Path) -> None:
    """Make an empty upload file that only this account can read; raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def remove(path: Path) -> None:
    """Remove an upload file, whoever holds it."""
    path.unlink(missing_ok=True)
    _hold_path(path).unlink(missing_ok=True)


@contextmanager
def hold(path: Path) -> Iterator[Content]:
    """Open an upload file for this request alone.

    Raises Held where another request has it that wrote within ``SILENCE_SECONDS``, Removed where
    the file is gone.
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
    """The hold as an open, locked file; raises Held. Called in a moment of the upload's file."""
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
    """Whether ``path`` still names the open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _hold_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.hold")
