"""The output of all processes, line by line, on the terminal and in a rotating log file."""

import logging
import logging.handlers
import threading
from datetime import datetime
from pathlib import Path

from dojo.log_format import as_json

DOJO = "dojo"
LOG_FILE_BYTES = 10 << 20
LOG_FILES = 5
_LONGEST_LINE = 64 << 10  # bytes; longer lines are split


class Output:
    """Writes lines of all processes, from any thread.

    Never raises: neither a full disk nor a closed terminal may stop the processes.
    """

    def __init__(self, log: Path, *, is_json: bool = False) -> None:
        """``is_json``: each line, in the terminal and in the file, is JSON."""
        self._is_json = is_json
        self.only_to_log = False
        self._lock = threading.Lock()
        self._log = logging.Logger("dojo.output")
        handler = logging.handlers.RotatingFileHandler(
            log, maxBytes=LOG_FILE_BYTES, backupCount=LOG_FILES, encoding="utf-8"
        )
        handler.setFormatter(logging.Formatter("%(message)s"))
        handler.handleError = lambda record: None  # type: ignore[method-assign]
        self._log.addHandler(handler)
        # Not sys.stdout: it would buffer what a closed terminal didn't accept, and fail at exit.
        self._terminal = open(1, "wb", buffering=0, closefd=False)  # noqa: SIM115 - open as long as the process

    def announce(self, sentence: str) -> None:
        """Write a message by Dojo itself, without a process name."""
        self._write(DOJO, sentence, shown=sentence)

    def say(self, name: str, line: str) -> None:
        """Write a line of the process ``name``."""
        shown = None if self.only_to_log else f"{datetime.now().astimezone():%H:%M:%S} {name:<9} | {line}"
        self._write(name, line, shown)

    def note(self, name: str, line: str) -> None:
        """Write a line to the log file only."""
        self._write(name, line, shown=None)

    def _write(self, name: str, line: str, shown: str | None) -> None:
        kept = f"{datetime.now().astimezone().isoformat(' ', 'seconds')} {name} | {line}"
        if self._is_json:
            kept = as_json(name, line)
            shown = kept if shown is not None else None
        with self._lock:
            self._log.info("%s", kept)
            if shown is not None:
                try:
                    self._terminal.write(f"{shown}\n".encode("utf-8", "replace"))
                except OSError:
                    pass  # the terminal's window was closed, or the disk is full


class Lines:
    """Assembles lines from pieces of a stream."""

    def __init__(self) -> None:
        self._rest = b""

    def add(self, piece: bytes) -> list[str]:
        """Add a piece and return the lines it completes."""
        *whole, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            whole.append(self._rest)
            self._rest = b""
        return [line.decode("utf-8", "replace") for line in whole]

    def end(self) -> list[str]:
        """The last line, if it has no line end."""
        return self.add(b"\n") if self._rest else []
