"""This node's copies of parts in an object store: the least recently used ones are removed beyond CACHE_MAX_BYTES.

Copies of uploads lie there, too (see ``ingest.own_pieces``).

Parts never change, so a copy is valid as long as its part is in the table. Processes share the copies: each is written
under another name first, and can be removed while it's being read, because readers keep it open.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Final

from django.conf import settings

from interactions import process_caches

UPLOADS: Final = "uploads"  # the folder of their copies, beside those of lakes
_DRAFT: Final = ".draft"
_LEFT_SECONDS: Final = 3600  # older drafts were left by killed processes
_IN_USE_SECONDS: Final = 60  # in which a requested copy is opened
_TRIES: Final = 5  # to fetch a copy while copies are forgotten
_SHARE: Final = 16  # copies are removed after this share of the limit was fetched

_turn = threading.Lock()
_orders = 0  # to forget copies: files whose download began before the last order must not appear after it
_fetched: dict[int, int] = {}  # bytes since copies were last removed, by process id


class PartCache:
    """The copies of one table's parts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has(self, name: str, size: int) -> bool:
        """Whether there is a copy; it counts as used."""
        path = self.folder / name
        with suppress(FileNotFoundError):
            if path.stat().st_size == size:
                os.utime(path)
                return True
        return False

    def fetched(self, name: str, size: int, fetch: Callable[[str, Path], object]) -> Path:
        """The copy; if there is none, ``fetch`` writes it to a new file first. Raises the errors of ``fetch``.

        If copies are forgotten meanwhile, because the part may be removed, it's fetched again: a removed one can't be.
        Raises FileNotFoundError if that goes on.
        """
        path = self.folder / name
        if self.has(name, size):
            return path
        process_caches.watch()
        for _ in range(_TRIES):
            if self._added(path, _orders, partial(fetch, name)):
                _make_room(size)
                return path
        raise FileNotFoundError(path)

    def adopt(self, name: str, source: Path, orders: int | None = None) -> None:
        """Add a part that this node wrote, so that it needn't be downloaded; skipped on a full disk.

        Also skipped if copies were forgotten since there were so many ``orders`` to do so.
        """

        def link(draft: Path) -> None:
            link_or_copy(source, draft)
            os.utime(draft)

        self._try_to_add(name, link, _orders if orders is None else orders)

    def keep(self, name: str, content: bytes) -> None:
        """Add what this node received; skipped on a full disk, and if copies are forgotten meanwhile."""
        process_caches.watch()
        self._try_to_add(name, lambda draft: draft.write_bytes(content), _orders)

    def _try_to_add(self, name: str, write: Callable[[Path], object], orders: int) -> None:
        path = self.folder / name
        with suppress(OSError):
            if self._added(path, orders, write):
                _make_room(path.stat().st_size)

    def drop(self, names: Iterable[str]) -> None:
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """All copies and drafts."""
        return [path.relative_to(self.folder).as_posix() for path in _files(self.folder)]

    def keep_only(self, named: Collection[str]) -> None:
        """Remove all copies except these."""
        self.drop(name for name in self.names() if name not in named and not _is_fresh_draft(self.folder / name))

    def _added(self, path: Path, orders: int, write: Callable[[Path], object]) -> bool:
        """Have what ``write`` writes to a new file be at ``path``, unless copies were forgotten since so many orders;
        whether it is."""
        draft = _draft_of(path)
        try:
            write(draft)
            with _turn:
                if orders == _orders:
                    draft.replace(path)
                return orders == _orders
        finally:
            draft.unlink(missing_ok=True)


def orders() -> int:
    """How many orders to forget copies this process has followed."""
    return _orders


def link_or_copy(source: Path, target: Path) -> None:
    """Have a new file of the same content. Raises FileNotFoundError."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without hard links, or a different one
        shutil.copyfile(source, target)


def forgetting() -> None:
    """Discard what this process is downloading now; call it before copies are forgotten."""
    global _orders
    with _turn:
        _orders += 1


def cache_of(url: str, environment: str) -> PartCache:
    """The cache of an environment's table below ``url``."""
    return PartCache(home_of(url) / environment)


def home_of(url: str) -> Path:
    """The folder of all copies of objects below ``url``, because names are the same in every lake."""
    return Path(settings.CACHE_DIR) / blake2b(url.encode(), digest_size=6).hexdigest()


def copies(environment: str) -> list[Path]:
    """All copies of an environment's parts on this machine, including drafts, of any lake."""
    return [path for folder in Path(settings.CACHE_DIR).glob(f"*/{environment}") for path in _files(folder)]


def remove_others(url: str) -> None:
    """Remove the copies of parts that aren't below ``url``; of all parts if it's empty."""
    for folder in Path(settings.CACHE_DIR).glob("*"):
        if folder.name != UPLOADS and (not url or folder != home_of(url)):
            shutil.rmtree(folder, ignore_errors=True)


def _make_room(more: int) -> None:
    """Remove copies beyond the limit, least recently used ones first."""
    process, limit = os.getpid(), settings.CACHE_MAX_BYTES
    _fetched[process] = _fetched.get(process, limit) + more
    if _fetched[process] < limit // _SHARE:
        return
    _fetched[process] = 0
    found = sorted(_states(Path(settings.CACHE_DIR)))
    total, now = sum(size for _, size, _ in found), time.time()
    for used, size, path in found:
        if total <= limit or used > now - _IN_USE_SECONDS:
            break
        path.unlink(missing_ok=True)
        total -= size


def _states(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """The time of last use, size and path of each file; drafts left by killed processes are removed."""
    for path in _files(folder):
        with suppress(FileNotFoundError):
            state = path.stat()
            if path.suffix == _DRAFT and state.st_mtime < time.time() - _LEFT_SECONDS:
                path.unlink()
            else:
                yield state.st_mtime, state.st_size, path


def _files(folder: Path) -> Iterator[Path]:
    for home, _, names in os.walk(folder):
        yield from (Path(home, name) for name in names)


def _draft_of(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}{_DRAFT}")


def _is_fresh_draft(path: Path) -> bool:
    """Whether a running process is still writing it, and removes it itself."""
    if path.suffix != _DRAFT:
        return False
    pid = path.name.split(".")[-2].split("-")[0]
    return Path("/proc", pid).exists()
