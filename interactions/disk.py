"""A full disk: how it shows in an error, and the word for work that waits for room."""

import errno

from interactions.errors import DiskFull

PAUSED = "Paused: the disk is full. Free up some space and it continues."
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# What engines say that hand on no number: SQLite, delta-rs and DuckDB, PostgreSQL.
_SAYINGS = ("database or disk is full", "No space left on device", "could not extend file")


def is_full(error: BaseException | None) -> bool:
    """Whether ``error``, or what caused it, is that the disk is full."""
    while error is not None:
        if isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in _FULL):
            return True
        if any(saying in str(error) for saying in _SAYINGS):
            return True
        error = error.__cause__ or error.__context__
    return False
