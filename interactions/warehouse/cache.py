"""This node's copies of parts that are objects: what was used last stays, within CACHE_MAX_BYTES.

Parts never change, so a copy is right as long as its part is in the table. Several processes share the copies: each is
written under another name first, and one that is being read may go, as its readers keep it open.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

from django.conf import settings

from interactions import process_caches

_DRAFT: Final = ".draft"
_LEFT_SECONDS: Final = 3600  # after which a draft was left by a killed process
_IN_USE_SECONDS: Final = 60  # whoever asked for a copy opens it within
_SHARE: Final = 16  # room is looked for after so much of the limit was fetched

_turn = threading.Lock()
_orders = 0  # to forget copies: what was fetched before the last one must not appear after it
_fetched: dict[int, int] = {}  # bytes since room was last looked for, by process id


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
        """The copy; where there is none, ``fetch`` writes it to a new file first. Raises what that raises.

        Raises FileNotFoundError also where copies were to be forgotten meanwhile, as its part may have gone.
        """
        path = self.folder / name
        if self.has(name, size):
            return path
        process_caches.watch()
        orders, draft = _orders, _draft_of(path)
        try:
            fetch(name, draft)
            self._appear(draft, path, orders)
        finally:
            draft.unlink(missing_ok=True)
        _make_room(size)
        return path

    def adopt(self, name: str, source: Path) -> None:
        """Take over a part that this node wrote: it needn't be fetched. A disk without room does without it."""
        path = self.folder / name
        draft = _draft_of(path)
        with suppress(OSError):
            try:
                os.link(source, draft)
            except OSError:
                shutil.copyfile(source, draft)
            os.utime(draft)
            draft.replace(path)
            _make_room(path.stat().st_size)
        draft.unlink(missing_ok=True)

    def drop(self, names: Iterable[str]) -> None:
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """All copies and drafts."""
        return [path.relative_to(self.folder).as_posix() for path in _files(self.folder)]

    def keep_only(self, named: Collection[str]) -> None:
        """Forget all copies but these."""
        self.drop(name for name in self.names() if name not in named and not _is_fresh_draft(self.folder / name))

    def _appear(self, draft: Path, path: Path, orders: int) -> None:
        with _turn:
            if orders != _orders:
                raise FileNotFoundError(path)
            draft.replace(path)


def forgetting() -> None:
    """Have what is being fetched now by this process not become a copy: call it before copies are forgotten."""
    global _orders
    with _turn:
        _orders += 1


def cache_of(url: str, environment: str) -> PartCache:
    """That of an environment's table below ``url``."""
    return PartCache(home_of(url) / environment)


def home_of(url: str) -> Path:
    """The folder of all copies of what is below ``url``: names are the same in every lake."""
    return Path(settings.CACHE_DIR) / blake2b(url.encode(), digest_size=6).hexdigest()


def copies(environment: str) -> list[Path]:
    """All copies of an environment's records on this machine, whatever lake they are of; drafts among them."""
    return [path for folder in Path(settings.CACHE_DIR).glob(f"*/{environment}") for path in _files(folder)]


def remove_others(url: str) -> None:
    """Remove the copies of what isn't below ``url``, all where it's empty."""
    for folder in Path(settings.CACHE_DIR).glob("*"):
        if not url or folder != home_of(url):
            shutil.rmtree(folder, ignore_errors=True)


def _make_room(more: int) -> None:
    """Remove copies beyond the limit, those first that weren't used for the longest time."""
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
    """When each file was last used, its size and path; drafts that a killed process left are removed."""
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
    """Whether a process that lives writes it: it removes it itself."""
    if path.suffix != _DRAFT:
        return False
    pid = path.name.split(".")[-2].split("-")[0]
    return Path("/proc", pid).exists()
