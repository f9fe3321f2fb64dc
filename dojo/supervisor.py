"""Ask and tell supervisord, which runs Dojo's processes, over its socket."""

import http.client
import socket
import xmlrpc.client
from dataclasses import dataclass
from typing import Any

from django.conf import settings

_SECONDS = 2.0  # a supervisord that takes longer counts as silent
_FAILING = ("BACKOFF", "FATAL")


class Silent(Exception):
    """Supervisord does not answer, or refuses."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process as supervisord sees it: its state, and whole seconds since 1970 of its last start and end (0: none)."""

    name: str
    state: str
    start: int
    stop: int

    @property
    def keeps_ending(self) -> bool:
        """Whether it ended as soon as it was started, and was or will be started only after a wait."""
        waited = 0 < self.stop < self.start - 1
        return self.state in _FAILING or (self.state == "STARTING" and waited)


def processes() -> list[Process]:
    """Every process, running or not; none where no supervisord has started Dojo. Raises Silent."""
    if not settings.SUPERVISOR_SOCKET.exists():
        return []
    found: Any = _call(str(settings.SUPERVISOR_SOCKET), "supervisor.getAllProcessInfo")
    return [Process(info["name"], info["statename"], info["start"], info["stop"]) for info in found]


def answers(socket_path: str) -> bool:
    """Whether supervisord answers there."""
    try:
        _call(socket_path, "supervisor.getState")
    except Silent:
        return False
    return True


def start(socket_path: str, name: str) -> None:
    """Have a process started; raises Silent, also where it runs already."""
    _call(socket_path, "supervisor.startProcess", name, False)  # False: without waiting until it has stayed up


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
    """HTTP over a socket in the file system."""

    def __init__(self, socket_path: str) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._socket_path = socket_path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(self._socket_path)
