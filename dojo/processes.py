"""Run Dojo's processes with supervisord: started in order, restarted when they exit, and nothing left behind."""

import os
import re
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType

from dojo import procfile, restarts, supervisor
from dojo.output import Lines, Output
from dojo.restarts import Restarts
from dojo.startup import start_in_order, wait

SUPERVISOR = "supervisor"
_REST_SECONDS = 30.0  # before supervisord's failed processes are started again
_GRACE_SECONDS = 5.0  # for processes whose supervisord was killed
# What supervisord says of its processes.
_SPAWNED = re.compile(r"spawned: '(?P<name>\S+)' with pid (?P<pid>\d+)")
_ENDED = re.compile(r"(?P<how>exited|stopped): (?P<name>\S+) \((?P<why>.*?)(?:; (?:not )?expected)?\)$")
_GIVEN_UP = re.compile(r"gave up: (?P<name>\S+) ")


class Processes:
    """Runs the commands of ``lines`` (name → shell command) until stopped by a signal.

    Redis and the web server (at ``address``) start first, the rest once they answer. Supervisord listens on ``socket``
    and keeps its process id in ``scratch``. With ``is_json`` each line of output is JSON.
    """

    def __init__(
        self, lines: Mapping[str, str], env: Mapping[str, str],
        *, redis_url: str, address: str, log: Path, socket: Path, scratch: Path, is_json: bool = False,
    ) -> None:  # fmt: skip
        self._lines = lines
        self._env = {**os.environ, **env}
        self._redis_url = redis_url
        self._address = address
        self._socket = socket
        self._scratch = scratch
        self._output = Output(log, is_json=is_json)
        self._restarts = Restarts(restarts.path_in(scratch))
        self._stop_asked = False
        self._has_answered = False
        self._supervisord: subprocess.Popen[bytes] | None = None
        self._groups: dict[str, int] = {}  # the process group of each running process
        self._reasons: dict[str, str] = {}  # how each process ended

    def run(self) -> int:
        """Run until stopped. Returns 0, or 1 if supervisord couldn't be started."""
        for number in (
            signal.SIGINT,
            signal.SIGTERM,
            signal.SIGHUP,
        ):  # HUP: a closed terminal stops Dojo as Ctrl-C does
            signal.signal(number, self._stop)
        pause = 1.0
        while True:
            began = time.monotonic()
            self._live()
            if self._stop_asked:
                self._output.announce("Stopped.")
                return 0
            if not self._has_answered:
                self._output.announce("The processes could not be started: logs/dojo.log in the data folder says why.")
                return 1
            pause = 1.0 if time.monotonic() - began > _REST_SECONDS else min(2 * pause, _REST_SECONDS)
            self._output.announce(f"{SUPERVISOR} ended by itself. Everything is started again in {pause:.0f} s.")
            self._sleep(pause, lambda: self._stop_asked)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stop_asked = True
        if self._supervisord is not None:
            with suppress(ProcessLookupError):
                self._supervisord.send_signal(signal.SIGTERM)

    def _live(self) -> None:
        """Run supervisord once, until all of its processes have ended."""
        pipes = {name: os.pipe() for name in (SUPERVISOR, *self._lines)}
        self._supervisord = process = self._spawn(pipes)
        for _, write in pipes.values():
            os.close(write)
        if self._stop_asked:  # during its start
            process.terminate()
        threading.Thread(target=self._start_all, args=[process], daemon=True).start()
        self._pass_on({read: name for name, (read, _) in pipes.items()})
        process.wait()
        self._supervisord = None
        self._bury_all()

    def _spawn(self, pipes: Mapping[str, tuple[int, int]]) -> "subprocess.Popen[bytes]":
        outputs = {name: f"/dev/fd/{write}" for name, (_, write) in pipes.items()}
        config = procfile.configuration(self._lines, outputs, socket=self._socket, scratch=self._scratch)
        given, giving = os.pipe()
        with os.fdopen(giving, "wb") as file:
            file.write(config.encode())  # some kilobytes, which fit in a pipe
        process = subprocess.Popen(  # noqa: S603
            [*procfile.tied(), sys.executable, "-m", "supervisor.supervisord", "--configuration", "/dev/stdin"],
            env=self._env,
            stdin=given,
            stdout=pipes[SUPERVISOR][1],
            stderr=subprocess.STDOUT,
            # It inherits the read ends, too: output after this process was killed is lost, but doesn't raise while it
            # stops the others.
            pass_fds=[end for pipe in pipes.values() for end in pipe],
            start_new_session=True,  # only this process gets Ctrl-C
        )
        os.close(given)
        return process

    def _pass_on(self, names: Mapping[int, str]) -> None:
        """Copy the output of each pipe until all are closed."""
        lines = {pipe: Lines() for pipe in names}
        with selectors.DefaultSelector() as selector:
            for pipe in names:
                selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    pipe = key.fd
                    piece = os.read(pipe, 64 << 10)
                    for line in lines[pipe].add(piece) if piece else lines[pipe].end():
                        self._heard(names[pipe], line)
                    if not piece:
                        selector.unregister(pipe)
                        os.close(pipe)

    def _heard(self, name: str, line: str) -> None:
        if name != SUPERVISOR:
            self._output.say(name, line)
            return
        self._output.note(name, line)
        if self._stop_asked and not self._output.only_to_log:
            self._output.announce("Stopping.")
            self._output.only_to_log = True  # what each process says to its end is of no interest
        if spawned := _SPAWNED.search(line):
            self._groups[spawned["name"]] = int(spawned["pid"])
        elif ended := _ENDED.search(line):
            self._ended(ended["name"], ended["why"], by_itself=ended["how"] == "exited")
        elif given_up := _GIVEN_UP.search(line):
            self._given_up(given_up["name"])

    def _ended(self, name: str, why: str, *, by_itself: bool) -> None:
        self._reasons[name] = why
        group = self._groups.pop(name, None)
        if group is not None:
            _signal(group, signal.SIGKILL)  # a killed process leaves its children behind
        if by_itself and not self._stop_asked:
            self._restarts.count(name)
            self._output.announce(f"{name} ended by itself ({why}) and is started again.")

    def _given_up(self, name: str) -> None:
        if self._stop_asked:
            return
        why = self._reasons.get(name, "it could not be started")
        self._output.announce(f"{name} keeps ending ({why}). It is tried again in {_REST_SECONDS:.0f} s.")
        again = threading.Timer(_REST_SECONDS, self._start, [name])
        again.daemon = True
        again.start()

    def _start(self, name: str) -> None:
        try:
            supervisor.start(str(self._socket), procfile.full_name(name))
        except supervisor.Silent as reason:
            self._output.note(SUPERVISOR, f"{name} could not be started: {reason}")

    def _start_all(self, process: "subprocess.Popen[bytes]") -> None:
        def over() -> bool:
            return self._stop_asked or process.poll() is not None

        if wait(lambda: supervisor.answers(str(self._socket)), over):
            self._has_answered = True
            start_in_order(
                self._lines, self._start, self._output, over, redis_url=self._redis_url, address=self._address
            )

    def _bury_all(self) -> None:
        """Kill all processes that supervisord ran if it was killed itself."""
        for group in self._groups.values():
            _signal(group, signal.SIGTERM)
        self._sleep(_GRACE_SECONDS, lambda: not any(_signal(group, 0) for group in self._groups.values()))
        for group in self._groups.values():
            _signal(group, signal.SIGKILL)
        self._groups.clear()

    @staticmethod
    def _sleep(seconds: float, over: Callable[[], bool]) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not over():
            time.sleep(0.05)


def _signal(group: int, number: int) -> bool:
    """Send a signal to a process group; returns whether it exists."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True
