"""The host names, IP addresses and sockets of this machine."""

from __future__ import annotations

import ipaddress
import socket
import tempfile
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import psutil

_HOSTS_FILE = Path("/etc/hosts")


def own_hosts() -> list[str]:
    """This machine's names and addresses for ALLOWED_HOSTS. Doesn't query name servers, which may be slow."""
    addresses = set(_addresses())
    name = socket.gethostname().lower()
    names = {"localhost", ".localhost", name, name.partition(".")[0], f"{name.partition('.')[0]}.local"}
    names.update(_names_of(addresses))
    return sorted(names) + sorted(f"[{each}]" if ":" in each else each for each in addresses)


def _addresses() -> Iterator[str]:
    yield from ("127.0.0.1", "::1")
    for each in psutil.net_if_addrs().values():
        for one in each:
            if one.family in (socket.AF_INET, socket.AF_INET6):
                yield one.address.partition("%")[0]  # without the interface of a link-local address


def _names_of(addresses: set[str]) -> Iterator[str]:
    try:
        lines = _HOSTS_FILE.read_text(errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        address, *names = line.partition("#")[0].split() or [""]
        if address in addresses or address.startswith("127."):
            yield from (name.lower() for name in names)


def is_elsewhere(host: str) -> bool:
    """Whether a server of this name or address may be on another machine: neither a socket nor a loopback address."""
    names = [name.strip() for name in host.split(",") if name.strip()]  # PostgreSQL takes several
    return any(not _is_here(name) for name in names)


def _is_here(host: str) -> bool:
    if host.startswith(("/", "@")) or host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def local_hosts(listening: str) -> list[str]:
    """The hosts by which this machine calls a server that listens on ``listening``, as during startup."""
    return ["localhost", "127.0.0.1", "[::1]", f"[{listening}]" if ":" in listening else listening]


def socket_path(data: Path, folder: str, name: str) -> Path:
    """A socket under the data folder, or, as a socket's path may have about 100 characters at most, in the temporary
    folder under a name made of the data folder's."""
    path = data / folder / name
    if len(str(path)) <= 90:  # supervisord first makes one with a process id at its end
        return path
    digest = blake2b(str(data).encode(), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"dojo-{digest}" / name
