"""Share the index of an environment between machines: one makes it and uploads it to the store, the others download it.

Files of an index never change. A version is uploaded with its new files first, and then its manifest under the next
number; if two machines upload the same number, one fails. A download takes the missing files first, and the manifest
last. Without LAKE_URL, all of this does nothing.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import redis
from django.conf import settings

from interactions.analytics.index import manifest, store
from interactions.analytics.index.manifest import Manifest
from interactions.objects import Objects

logger = logging.getLogger(__name__)

_FILES: Final = "files"
_VERSIONS: Final = "versions"
_NUMBERED: Final = re.compile(r"versions/(\d{20})\.json", re.ASCII)
_KEY: Final = "dojo:index:"
_LOCK_SECONDS: Final = 30
_HINT_SECONDS: Final = 60
_TRIES: Final = 3


class NotTheMaker(Exception):
    """Another machine has uploaded a version meanwhile, so the one made here is based on an older one."""


def is_used() -> bool:
    return bool(settings.INDEX_URL)


@contextmanager
def maker(environment: str) -> Iterator[bool]:
    """A context for making the index of an environment; False if another machine is making it.

    If the lock is lost meanwhile, the result can't be uploaded.
    """
    if not is_used():
        yield True
        return
    client = redis.Redis.from_url(settings.REDIS_URL)
    lock = client.lock(f"{_KEY}{environment}", timeout=_LOCK_SECONDS, thread_local=False)
    try:
        is_ours = lock.acquire(blocking=False)
    except redis.RedisError as error:
        logger.warning("The lock of the index of %s isn't available: %s", environment, error)
        is_ours = False
    stopped = threading.Event()
    if is_ours:
        threading.Thread(target=_renew, args=(lock, stopped), daemon=True).start()
    try:
        yield is_ours
    finally:
        stopped.set()
        with suppress(redis.RedisError):
            if is_ours:
                lock.release()
        client.close()


def _renew(lock: Any, stopped: threading.Event) -> None:
    while not stopped.wait(_LOCK_SECONDS / 3):
        with suppress(redis.RedisError):
            lock.reacquire()


def put(environment: str) -> None:
    """Upload this machine's version. Raises NotTheMaker, OSError.

    Files of the previous version that aren't part of this one are removed; ``tidy`` removes all others.
    """
    if not is_used():
        return
    folder = store.folder_of(environment)
    ours = manifest.read(folder)
    if ours is None or _known(environment).note == ours.note:
        return
    number, before = _newest(environment)
    if number not in (0, _known(environment).number):  # 0: the store is empty
        raise NotTheMaker(environment)
    objects = _objects(environment)
    there = {key for key, _ in objects.names(_FILES)}
    for path in store.files(environment, ours):
        if f"{_FILES}/{path.name}" not in there:
            objects.put(f"{_FILES}/{path.name}", path)
    _create(environment, number + 1, (folder / manifest.NAME).read_bytes())
    _note(environment, number + 1, ours.note)
    gone = (before.names if before else set()) - ours.names
    objects.remove([key for key in there if _begin(key) in gone])


def fetch(environment: str) -> bool:
    """Download the newest version if this machine doesn't have it; returns whether it did.

    Only one process per machine may call it at a time. Raises OSError if the store is away or the disk is full.
    """
    if not is_used() or _is_newest_by_hint(environment):
        return False
    for _ in range(_TRIES):
        number, found = _newest(environment)
        # A local version with the same number is that version, or a later one that isn't uploaded yet.
        is_here = found is None or manifest.read(store.folder_of(environment)) is not None
        if number == 0 or (number == _known(environment).number and is_here):
            _hint(environment, number)
            return False
        with suppress(FileNotFoundError):  # the next version has taken its place
            if found is None:
                store.remove(environment)
            else:
                _fetch(environment, found)
            _note(environment, number, "" if found is None else found.note)
            return True
    return False


def remove(environment: str) -> None:
    """Remove the index for all machines. Raises NotTheMaker, OSError."""
    if not is_used():
        return
    number, _ = _newest(environment)
    _create(environment, number + 1, b"")
    _note(environment, number + 1, "")
    _objects(environment).remove_below(_FILES)


def strays(environment: str) -> list[str]:
    """Objects that aren't part of the newest version."""
    if not is_used():
        return []
    number, found = _newest(environment)
    names = set() if found is None else found.names
    files = [key for key, _ in _objects(environment).names(_FILES) if _begin(key) not in names]
    return [*files, *(key for key, _ in _objects(environment).names(_VERSIONS) if key != _named(number))]


def tidy(environment: str) -> None:
    """Remove such objects, which killed processes left. Only the maker may call it."""
    if is_used():
        _objects(environment).remove(strays(environment))


def is_behind(environment: str) -> bool:
    """Whether this machine doesn't have the newest version."""
    if not is_used() or manifest.read(store.folder_of(environment)) is None:
        return False
    return _newest(environment)[0] != _known(environment).number


class _Known(msgspec.Struct, frozen=True):
    """The version that was downloaded or uploaded last: its number, and the unique name of its note."""

    number: int = 0
    note: str = ""


def _known(environment: str) -> _Known:
    try:
        return msgspec.json.decode(_known_path(environment).read_bytes(), type=_Known)
    except (FileNotFoundError, msgspec.MsgspecError):
        return _Known()


def _known_path(environment: str) -> Path:
    return Path(settings.INDEX_DIR) / f"{environment}.fetched.json"  # beside the folder, which may be removed


def _note(environment: str, number: int, note: str) -> None:
    path = _known_path(environment)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.write_bytes(msgspec.json.encode(_Known(number, note)))
    draft.replace(path)
    _hint(environment, number)


def _fetch(environment: str, found: Manifest) -> None:
    folder, objects = store.folder_of(environment), _objects(environment)
    folder.mkdir(parents=True, exist_ok=True)
    for key, _ in list(objects.names(_FILES)):
        path = folder / key.removeprefix(f"{_FILES}/")
        if _begin(key) in found.names and not path.exists():
            draft = folder / f"fetched-{secrets.token_hex(4)}"  # no version lists it, so ``tidy`` removes leftovers
            try:
                objects.fetch(key, draft)
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
    if not found.names <= {store.begin(path.name) for path in folder.iterdir()}:
        raise FileNotFoundError(f"Files of the index of {environment} went as they were fetched.")
    manifest.write(folder, found)
    store.tidy(environment)


def _newest(environment: str) -> tuple[int, Manifest | None]:
    """The number (0 if there is none) and manifest of the newest version; None if it can't be decoded."""
    objects = _objects(environment)
    numbers = [int(found[1]) for key, _ in objects.names(_VERSIONS) if (found := _NUMBERED.fullmatch(key))]
    if not numbers:
        return 0, None
    try:
        return max(numbers), manifest.decoded(objects.get(_named(max(numbers))))
    except FileNotFoundError:  # replaced by the next version
        return _newest(environment)


def _create(environment: str, number: int, content: bytes) -> None:
    from obstore.exceptions import AlreadyExistsError

    objects = _objects(environment)
    try:
        objects.create(_named(number), content)
    except AlreadyExistsError as error:
        raise NotTheMaker(environment) from error
    objects.remove([key for key, _ in objects.names(_VERSIONS) if key < _named(number)])


def _named(number: int) -> str:
    return f"{_VERSIONS}/{number:020d}.json"


def _begin(key: str) -> str:
    return store.begin(key.rpartition("/")[2])


def _objects(environment: str) -> Objects:
    return Objects(f"{settings.INDEX_URL}/{environment}")


def _is_newest_by_hint(environment: str) -> bool:
    """Whether this machine is known to have the newest version, without querying the store, which costs money."""
    known = _known(environment)
    ours = manifest.read(store.folder_of(environment))
    if ours is None or ours.note != known.note:
        return False
    try:
        return bool(_client().get(f"{_KEY}{environment}:version") == str(known.number).encode())
    except redis.RedisError:
        return False


def _hint(environment: str, number: int) -> None:
    with suppress(redis.RedisError):
        _client().set(f"{_KEY}{environment}:version", number, ex=_HINT_SECONDS)


def _client() -> Any:
    return _connected(settings.REDIS_URL, os.getpid())


@cache
def _connected(url: str, _: int) -> Any:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1)
