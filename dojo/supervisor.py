"""Query and control supervisord, which runs Dojo's processes, over its socket."""

import http.client
import socket
import xmlrpc.client
from dataclasses import dataclass
from typing import Any

from django.conf import settings

_SECONDS = 2.0  # a slower supervisord counts as silent
_FAILING = ("BACKOFF", "FATAL")


class Silent(Exception):
    """Supervisord doesn't respond, or refuses."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process in supervisord: its state, and the times of its last start and end in seconds since 1970 (0: none)."""

    name: str
    state: str
    start: int
    stop: int

    @property
    def keeps_ending(self) -> bool:
        """Whether it keeps exiting right after it's started."""
        waited = 0 < self.stop < self.start - 1
        return self.state in _FAILING or (self.state == "STARTING" and waited)


def processes() -> list[Process]:
    """All processes, running or not; empty if supervisord didn't start Dojo. Raises Silent."""
    if not settings.SUPERVISOR_SOCKET.exists():
        return []
    found: Any = _call(str(settings.SUPERVISOR_SOCKET), "supervisor.getAllProcessInfo")
    return [Process(info["name"], info["statename"], info["start"], info["stop"]) for info in found]


def answers(socket_path: str) -> bool:
    """Whether supervisord responds."""
    try:
        _call(socket_path, "supervisor.getState")
    except Silent:
        return False
    return True


def start(socket_path: str, name: str) -> None:
    """Start a process. Raises Silent, also if it's running already."""
    _call(socket_path, "supervisor.startProcess", name, False)  # False: don't wait until it has stayed up


def _call(socket_path: str, method: str, *arguments: Any) -> Any:
    server = xmlrpc.client.ServerProxy("http://supervisor", transport=_Transport(socket_path))
    try:
        return getattr(server, method)(*arguments)
    except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
        raise Silent(str(error)) from error


class _Transport(xmlrpc.client.Transport):
    def __init__(self, socket_path: str) -> None:
        super().__init__()
        self._socket_path = socket_path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _Connection(self._socket_path)


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, socket_path: str) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._socket_path = socket_path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(self._socket_path)
