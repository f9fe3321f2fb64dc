"""The file that an upload's bytes are written to, held by one request at a time."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from interactions.errors import DojoError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Held(DojoError):
    """Another request is writing to this upload."""


class Removed(DojoError):
    """The file of this upload is no more."""


class Content:
    """An open upload file. ``position`` is where the next byte goes."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.position = 0

    def append(self, piece: bytes) -> None:
        """Write ``piece`` at the position; raises OSError, the position then says how much was written."""
        rest = memoryview(piece)
        while rest:
            written = os.pwrite(self._descriptor, rest, self.position)
            self.position += written
            rest = rest[written:]

    def settle(self) -> None:
        """Return once everything written is on the disk."""
        os.fsync(self._descriptor)

    def cut_back(self, length: int) -> None:
        """Forget everything from byte ``length`` on."""
        os.ftruncate(self._descriptor, length)
        self.position = length


def create(path: Path) -> None:
    """Make an empty upload file that only this account can read; raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


@contextmanager
def hold(path: Path) -> Iterator[Content]:
    """Open an upload file for this request alone.

    Raises Held where another request has it, Removed where it is gone. The lock is the file's own:
    it goes with a process that dies.
    """
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError as error:
        raise Removed("The file of this upload was removed.") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Held("Another page is sending this file. Close it, or wait a moment.") from error
        if os.fstat(descriptor).st_nlink == 0:
            raise Removed("The file of this upload was removed.")
        yield Content(descriptor)
    finally:
        os.close(descriptor)


def is_full(error: OSError) -> bool:
    """Whether ``error`` says that there is no room for more bytes."""
    return error.errno in _FULL
