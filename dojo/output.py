"""What the processes say: each line to the terminal, and to a log file that rotates."""

import logging
import logging.handlers
import threading
from datetime import datetime
from pathlib import Path

from dojo.log_format import as_json

DOJO = "dojo"
LOG_FILE_BYTES = 10 << 20
LOG_FILES = 5
_LONGEST_LINE = 64 << 10  # bytes; what is longer comes in pieces


class Output:
    """Lines of all processes, by whichever thread. Writing never raises: neither a full disk nor a closed terminal
    may end what runs."""

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
        # Not sys.stdout: it would keep what a closed terminal didn't take, and fail with it at the exit.
        self._terminal = open(1, "wb", buffering=0, closefd=False)  # noqa: SIM115 - open as long as the process

    def announce(self, sentence: str) -> None:
        """Say a sentence of Dojo's own, without a process's name before it."""
        self._write(DOJO, sentence, shown=sentence)

    def say(self, name: str, line: str) -> None:
        """Pass on a line of the process ``name``."""
        shown = None if self.only_to_log else f"{datetime.now().astimezone():%H:%M:%S} {name:<9} | {line}"
        self._write(name, line, shown)

    def note(self, name: str, line: str) -> None:
        """Keep a line in the log file alone."""
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
    """Puts together the lines of a stream that comes in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def add(self, piece: bytes) -> list[str]:
        """The lines that are whole by now."""
        *whole, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            whole.append(self._rest)
            self._rest = b""
        return [line.decode("utf-8", "replace") for line in whole]

    def end(self) -> list[str]:
        """What is left where no line end came."""
        return self.add(b"\n") if self._rest else []
