"""A buffer between a thread and the event loop: small ones in memory, large ones in a temporary file."""

from __future__ import annotations

import os
import tempfile
from io import BytesIO
from typing import BinaryIO

from django.conf import settings

MEMORY_BYTES = 128 << 10


class Spool:
    """Bytes are appended at the end and read at any offset; one thread may write while another reads."""

    def __init__(self) -> None:
        self.size = 0
        self._memory = bytearray()
        self._file: BinaryIO | None = None

    def add(self, piece: bytes) -> None:
        """Append bytes. Raises OSError, for example if the disk is full."""
        if self._file is None and self.size + len(piece) <= MEMORY_BYTES:
            self._memory += piece
        else:
            if self._file is None:
                settings.SCRATCH_DIR.mkdir(parents=True, exist_ok=True)  # nobody may have needed it before
                file = tempfile.TemporaryFile(dir=settings.SCRATCH_DIR, buffering=0)  # noqa: SIM115 - closed by close
                _write(file.fileno(), self._memory, 0)
                self._file = file
            _write(self._file.fileno(), piece, self.size)
        self.size += len(piece)

    def read(self, at: int, most: int) -> bytes:
        """Up to ``most`` bytes from offset ``at``; empty if there are none yet."""
        if self._file is None:
            return bytes(self._memory[at : at + most])
        self._memory = bytearray()
        return os.pread(self._file.fileno(), min(most, self.size - at), at)

    @property
    def is_large(self) -> bool:
        return self._file is not None

    def stream(self) -> BinaryIO:
        """The content as a file, for one reader. Nothing may be added afterwards."""
        if self._file is None:
            return BytesIO(self._memory)
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Free memory and disk space."""
        self._memory = bytearray()
        if self._file is not None:
            self._file.close()


def _write(place: int, piece: bytes | bytearray, at: int) -> None:
    view = memoryview(piece)
    while view:
        written = os.pwrite(place, view, at)
        view, at = view[written:], at + written
