"""The processes of the Procfile under honcho: Redis first and last, calm lines, and nothing left behind."""

import ctypes
import json
import logging
import logging.handlers
import multiprocessing
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from honcho.environ import parse_procfile
from honcho.manager import SYSTEM_PRINTER_NAME, Manager
from honcho.printer import Message, Printer
from honcho.process import Popen, Process

from dojo import redis_server

REDIS = "redis"
WEB = "web"
ANNOUNCER = "dojo"
LOG_FILE_BYTES = 10 << 20
LOG_FILES = 5
PATIENCE_SECONDS = 15
SILENT = "the web server does not answer"
PR_SET_PDEATHSIG = 1  # of Linux: the signal to get when the parent dies


class Lines(Printer):
    """Each line goes to the terminal and, without colours, to a log file that turns over by itself.

    Honcho's own lines about starting and stopping are kept in the file alone.
    """

    def __init__(self, log: Path) -> None:
        super().__init__(sys.stdout, time_format="%H:%M:%S")
        self.only_to_log = False
        self._log = logging.getLogger("dojo.processes.lines")
        self._log.propagate = False
        handler = logging.handlers.RotatingFileHandler(log, maxBytes=LOG_FILE_BYTES, backupCount=LOG_FILES)
        handler.setFormatter(logging.Formatter("%(message)s"))
        self._log.addHandler(handler)

    def announce(self, sentence: str) -> None:
        """Say a sentence of Dojo's own, without a process's name before it."""
        self.write(Message(type="line", data=sentence, time=datetime.now().astimezone(), name=ANNOUNCER, colour=None))

    def write(self, message: Any) -> None:
        text = message.data.decode("utf-8", "replace") if isinstance(message.data, bytes) else message.data
        for line in text.splitlines():
            self._log.info("%s %s | %s", message.time.isoformat(" ", "seconds"), message.name, line)
        try:
            if message.name == ANNOUNCER:
                print(text.rstrip("\n"), file=self.output, flush=True)
            elif message.name != SYSTEM_PRINTER_NAME and not self.only_to_log:
                super().write(message)
        except OSError:
            # The terminal is gone (its window was closed): the file has the line, and stopping must go on.
            pass


class Group(Popen):
    """A command in a process group of its own, of which nothing outlives its first process."""

    def __init__(self, command: str, **options: Any) -> None:
        super().__init__(command, **options)
        threading.Thread(target=self._bury, daemon=True).start()

    def _bury(self) -> None:
        self.wait()
        self.signal_all(signal.SIGKILL)

    def signal_all(self, number: int) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass  # as it should be: none is left


class Forwarder(Process):
    """Hands on what one command of the Procfile says; a process of its own, beside the command.

    Where Dojo's first process is killed outright, each forwarder still stops its command.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._child_ctor = Group

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        signal.signal(signal.SIGUSR1, lambda *_: self._child and self._child.signal_all(signal.SIGTERM))
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGUSR1)
        super().run(events, ignore_signals)


class Processes(Manager):
    """Runs every process of a Procfile until one of them ends or this one is told to stop.

    Redis (at ``redis_url``) and the web server (at ``address``) are waited for before the rest starts, and
    our Redis is stopped after the rest, so that a worker can still hand its tasks back.
    """

    def __init__(self, procfile: Path, env: dict[str, str], *, redis_url: str, address: str, log: Path) -> None:
        # Forked, as honcho's processes hold what cannot be pickled for another way of starting.
        multiprocessing.set_start_method("fork", force=True)
        super().__init__(Lines(log))
        self._process_ctor = Forwarder
        self._redis_url = redis_url
        self._address = address
        self._stop_asked = False
        self._redis_told = False
        for name, line in parse_procfile(procfile.read_text()).processes.items():
            self.add_process(name, line, env={**os.environ, **env})
        # A closed terminal stops Dojo as Ctrl-C does.
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))

    def run(self) -> int:
        """Run until the end; 0 where Dojo was told to stop, else 1."""
        try:
            self.loop()
        finally:
            self.kill()
        if self._stop_asked:
            self._printer.announce("Stopped.")
        return 0 if self._stop_asked else 1

    def _start(self) -> None:
        every: dict[str, Any] = self._processes
        first = {name: process for name, process in every.items() if name in (REDIS, WEB)}
        self._processes: dict[str, Any] = first
        super()._start()
        # One after the other, as all want every core at their start, and a page is wanted first.
        if self._waited_for(REDIS, lambda: redis_server.answers(self._redis_url, within=0.1)) and self._waited_for(
            WEB, lambda: health(self._address) != SILENT
        ):
            self._processes = {name: process for name, process in every.items() if name not in first}
            super()._start()
            self._processes = every
            threading.Thread(target=self._announce, daemon=True).start()

    def _waited_for(self, name: str, answers: Callable[[], bool]) -> bool:
        """Wait for ``name`` as long as its process lives; False where it ended or a stop was asked for."""
        forwarder = self._processes[name]["process"]
        since = time.monotonic()
        told = False
        while not self._stop_asked and forwarder.is_alive():
            if answers():
                return True
            if not told and time.monotonic() - since > PATIENCE_SECONDS:
                told = True
                self._printer.announce(f"Still waiting for {name} to answer.")
            time.sleep(0.05)
        return False

    def _announce(self) -> None:
        """Say the address once everything answers, or what keeps it from being so."""
        began = time.monotonic()
        told = ""
        while not self._terminating:
            state = health(self._address)
            if state == "ok":
                self._say(f"Dojo is at {self._address}  (Ctrl-C stops it)")
                return
            if state != told and time.monotonic() - began > PATIENCE_SECONDS:
                told = state
                self._say(f"Dojo is not ready yet: {state}.")
            time.sleep(0.1)

    def _say(self, sentence: str) -> None:
        message = Message(type="line", data=sentence, time=self._clock.now(), name=ANNOUNCER, colour=None)
        self.events.put(message)

    # Honcho stops everything as soon as one process has ended or a signal has come. What follows
    # puts an order into that: a signal that comes before all are started is kept until they are,
    # and Redis is told last.

    def terminate(self) -> None:
        if self._terminating:
            return
        ended = [name for name, process in self._processes.items() if process.get("returncode") is not None]
        if ended:
            self._say(f"{ended[0]} has ended by itself, so the rest is stopped as well.")
        else:
            self._stop_asked = True
            self._printer.only_to_log = True  # what each process says to its end is of no interest now
            self._say("Stopping.")
            if not self._all_started():
                return
        super().terminate()

    def _all_started(self) -> bool:
        started: bool = super()._all_started()
        if started and self._stop_asked and not self._terminating:
            super().terminate()
        return started

    def _all_stopped(self) -> bool:
        others = (process for name, process in self._processes.items() if name != REDIS)
        if self._terminating and not self._redis_told and all(p.get("returncode") is not None for p in others):
            self._redis_told = True
            self._procmgr.terminate(self._processes[REDIS]["pid"])
        stopped: bool = super()._all_stopped()
        return stopped

    def _killall(self, force: bool = False) -> None:
        for name, process in self._processes.items():
            if "pid" not in process or "returncode" in process:
                continue
            if force:
                self._procmgr.kill(process["pid"])
            elif name != REDIS:
                self._procmgr.terminate(process["pid"])


def health(address: str) -> str:
    """«ok», or what does not answer at ``address``, in words."""
    try:
        with urllib.request.urlopen(f"{address}healthz", timeout=2) as answer:  # noqa: S310 - our own http:
            return str(json.load(answer)["status"])
    except urllib.error.HTTPError as error:
        try:
            parts = json.loads(error.read())
        except ValueError:
            return f"the web server answers {error.code}"
        return ", ".join(f"{part}: {state}" for part, state in parts.items() if part != "status" and state != "ok")
    except (OSError, ValueError):
        return SILENT
