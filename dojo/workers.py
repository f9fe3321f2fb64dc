"""Workers for a command if none are running: Redis and one worker process per core, until it's done."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections

from dojo import heartbeat, redis_server

logger = logging.getLogger(__name__)

_START_SECONDS = 60.0
_GRACE_SECONDS = 5.0
_STOP_SECONDS = 20.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.02, 0.05  # seconds between two checks of the result
_SWEEP_SECONDS = 10.0
_LOOK_SECONDS = 1.0  # between two checks whether workers respond
_GONE_SECONDS = 10.0  # without a heartbeat: if Dojo is running, a killed worker is back long before
_PR_SET_PDEATHSIG = 1  # Linux: the signal to receive when the parent dies


_DATABASE_AWAY = (OperationalError, InterfaceError)


class Away(Exception):
    """Something the work needs isn't available; the message is a sentence for the operator."""


class NoWorkers(Away):
    """There are no workers and none could be started."""


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


@contextmanager
def present() -> Iterator[Presence]:
    """Use running workers; if there are none, start some and stop them afterwards.

    Raises Away, also if the database doesn't respond meanwhile.
    """
    try:
        with ExitStack() as ours:
            presence = Presence(ours)
            presence.start_missing()
            yield presence
    except _DATABASE_AWAY as error:
        raise Away(f"The database isn't responding ({error}). No work is lost.") from error


class Presence:
    """The workers a command is waiting for."""

    def __init__(self, ours: ExitStack) -> None:
        self._ours = ours  # the processes started here
        self._looked = self._heard = time.monotonic()
        self._database_answers = True

    def wait(self, ended: Callable[[], bool], sweep: Callable[[], object]) -> None:
        """Wait until ``ended``. If all workers are gone, start new ones. Raises NoWorkers.

        ``sweep`` requeues lost work; it's called regularly, because there may be no scheduler. Waits for a database
        that is down.
        """
        swept, pause = time.monotonic(), _SHORTEST_PAUSE
        while not self._has(ended):
            time.sleep(pause)
            pause = min(_LONGEST_PAUSE, 1.2 * pause)
            if self._replaced() or time.monotonic() - swept > _SWEEP_SECONDS:
                _tried(sweep)
                swept = time.monotonic()

    def _has(self, ended: Callable[[], bool]) -> bool:
        """Whether ``ended``, as far as the database responds."""
        try:
            has_ended = ended()
        except _DATABASE_AWAY as error:
            connections.close_all()  # a lost connection doesn't come back
            if self._database_answers:
                _tell(f"The database isn't responding ({error}). This command waits for it.")
            self._database_answers = False
            return False
        if not self._database_answers:
            _tell("The database is responding again.")
        self._database_answers = True
        return has_ended

    def _replaced(self) -> bool:
        """Start our own workers if all are gone; returns whether it did."""
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS:
            return False
        self._looked = now
        if _answered():
            self._heard = now
        if now - self._heard < _GONE_SECONDS:
            return False
        _tell("No worker is responding, so this command does the work itself.")
        try:
            self.start_missing()
        except NoWorkers as error:
            raise NoWorkers(f"{error} The work continues as soon as Dojo runs again.") from error
        self._heard = time.monotonic()
        return True

    def start_missing(self) -> None:
        """Start Redis and a worker if there are none. Raises NoWorkers."""
        if not redis_server.answers(settings.REDIS_URL, within=0):
            self._ours.enter_context(_redis())
        if not _answered():  # Redis may go down between the two
            self._ours.enter_context(_worker())


def _tried(sweep: Callable[[], object]) -> None:
    """Run the sweep. Errors, which may be about other work, are ignored: it's run again later."""
    try:
        sweep()
    except Exception as error:  # noqa: BLE001 - whoever waits goes on waiting
        logger.warning("What was left lying could not be asked for again: %s: %s", type(error).__name__, error)


def _living() -> bool:
    with heartbeat.connect() as client:
        return bool(heartbeat.living_workers(client))


@contextmanager
def _redis() -> Iterator[None]:
    if not settings.REDIS_IS_OURS:
        raise NoWorkers("The Redis of REDIS_URL does not answer: start it, or correct REDIS_URL.")
    with _process("Redis", [sys.executable, "-m", "dojo.redis_server"]) as process:
        # If another one was faster, ours has exited, and that one will respond in a moment.
        _wait("Redis", process, lambda: redis_server.answers(settings.REDIS_URL, within=0), grace=_GRACE_SECONDS)
        yield


@contextmanager
def _worker() -> Iterator[None]:
    line = [sys.executable, "-m", "celery", "--quiet", "--app", "dojo", "worker", "--loglevel", "WARNING"]
    line += [
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
        "-O",
        "fair",
        "--hostname",
        f"command-{os.getpid()}@%h",
    ]
    with _process("A worker", line) as process:
        _wait("A worker", process, _answered)
        yield


def _answered() -> bool:
    try:
        return _living()
    except redis.RedisError:
        return False


def _wait(name: str, process: subprocess.Popen[bytes], ready: Callable[[], bool], *, grace: float = 0.0) -> None:
    """Wait until ``ready``, at most ``grace`` seconds after the process has exited. Raises NoWorkers."""
    deadline, ended = time.monotonic() + _START_SECONDS, None
    while not ready():
        now = time.monotonic()
        if ended is None and process.poll() is not None:
            ended = now
        if ended is not None and now >= ended + grace:
            raise NoWorkers(f"{name} could not be started: it ended with code {process.returncode}.")
        if now > deadline:
            raise NoWorkers(f"{name} did not answer within {_START_SECONDS:.0f} seconds.")
        time.sleep(0.05)


@contextmanager
def _process(name: str, line: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process inside the context; afterwards it's terminated, or killed if necessary."""
    process = subprocess.Popen(  # noqa: S603
        line,
        cwd=settings.BASE_DIR,
        stdout=sys.stderr,
        start_new_session=True,  # only this command gets Ctrl-C, and then stops the process
        preexec_fn=_end_with_parent,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            logger.warning("%s did not stop when asked to and is ended.", name)
            process.kill()
            process.wait()


def _end_with_parent() -> None:
    """Terminate this process when its parent is killed, if the system supports that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
