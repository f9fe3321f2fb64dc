"""The journal of erasures: the keyed hashes of erased people, stored beside the data and its backups.

A backup still contains people who made requests after it. A restore therefore repeats the requests in the journal,
which is written when requests are made and mirrored to the location of backups. It only grows.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from django.conf import settings
from django.db import DatabaseError, transaction

from interactions.models import DeletionRequest, Tombstone
from interactions.objects import Objects

logger = logging.getLogger(__name__)

NAME: Final = "erasures.jsonl"
OBJECTS: Final = ".erasures"
"""The folder of the journal in an object store, which can't append to an object. No environment has such a name."""
_OBJECTS_AT_MOST: Final = 100  # of a mirror, before they are combined
_AT_ONCE: Final = 1_000  # stones in one line


class JournalEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """People of a request, as signed 64-bit keyed hashes; without any, the request was cancelled.

    ``at`` is the time when they were hidden, which identifies the request even after a database was restored.
    """

    request: int
    environment: str
    at: datetime
    is_for_good: bool = False
    users: tuple[int, ...] = ()
    anonymous: tuple[int, ...] = ()
    is_earlier: bool = False
    is_cancelled: bool = False


class Mirrored(msgspec.Struct, frozen=True):
    """How much of the journal is in a mirror, and the mirror's size then, in bytes; in an object store, our objects."""

    position: int
    size: int
    names: tuple[str, ...] = ()


def path() -> Path:
    """The journal's path beside the data."""
    return Path(settings.ERASURES_DIR) / NAME


def write() -> None:
    """Update the journal and its mirror. Never raises: the sweep retries what failed."""
    try:
        with _alone():
            _write_new()
            for place in filter(None, (settings.LAKE_URL, settings.BACKUP_URL)):
                _mirror(place)
    except (DatabaseError, OSError) as error:
        logger.warning("The journal of erasures waits to be written: %s", error)


def note_cancelled(request: DeletionRequest) -> None:
    """Record that a request in the journal was cancelled."""
    if request.hidden_at is None:
        return
    try:
        with _alone():
            _append([JournalEntry(request.pk, request.environment.slug, request.hidden_at, is_cancelled=True)])
    except OSError as error:
        logger.warning("The journal of erasures doesn't know that request %s was cancelled: %s", request.pk, error)


def mirror(target: str) -> None:
    """Append our new entries to the journal in the folder ``target``, which may also have another Dojo's.

    In an object store (s3://bucket/prefix), a journal consists of all objects of a folder. Raises OSError.
    """
    with _alone():
        _mirror(target)


def texts(target: str) -> Iterator[bytes]:
    """The text of the journal in the folder ``target``, in pieces that may end with an incomplete line."""
    if "://" in target:
        objects = Objects(target)
        yield from (objects.get(key) for key, _ in objects.names(OBJECTS))
    elif (Path(target) / NAME).exists():
        yield (Path(target) / NAME).read_bytes()


def _mirror(target: str) -> None:
    ours = path()
    if not ours.exists():
        return
    known = _mirrored()
    with ours.open("rb") as source:
        known[target] = (_to_store if "://" in target else _to_folder)(source, target, known.get(target))
    draft = _mirrored_path().with_suffix(".draft")
    draft.write_bytes(msgspec.json.encode(known))
    draft.replace(_mirrored_path())


def _to_folder(source: BinaryIO, target: str, last: Mirrored | None) -> Mirrored:
    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / NAME).open("ab") as copy:
        if last is not None and last.size <= copy.tell():  # otherwise the file was replaced
            source.seek(last.position)
        shutil.copyfileobj(source, copy)
        copy.flush()
        os.fsync(copy.fileno())
        return Mirrored(source.tell(), copy.tell())


def _to_store(source: BinaryIO, target: str, last: Mirrored | None) -> Mirrored:
    """Write new entries as an object. If there are many of ours, one object with all entries replaces them."""
    objects, names = Objects(target), () if last is None else last.names
    if last is not None and all(map(objects.exists, names[-1:])):
        source.seek(last.position)
    begin, text = source.tell(), source.read()
    if not text:
        return last or Mirrored(0, 0)
    if len(names) >= _OBJECTS_AT_MOST:
        source.seek(0)
        begin, text = 0, source.read()
    name = f"{OBJECTS}/{begin:020d}-{secrets.token_hex(8)}.jsonl"
    objects.put(name, text)
    if begin == 0:
        objects.remove(names)
        names = ()
    return Mirrored(source.tell(), 0, (*names, name))


def _mirrored() -> dict[str, Mirrored]:
    try:
        return msgspec.json.decode(_mirrored_path().read_bytes(), type=dict[str, Mirrored])
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}  # all of it is appended again, which is harmless


def _mirrored_path() -> Path:
    return Path(settings.ERASURES_DIR) / "mirrored.json"


def entries(journal: Path) -> Iterator[JournalEntry]:
    """The entries of a journal, in order, without incomplete lines, which were written again."""
    with journal.open("rb") as lines:
        for line in lines:
            try:
                yield msgspec.json.decode(line, type=JournalEntry)
            except msgspec.MsgspecError:
                continue


def _write_new() -> None:
    while True:
        stones = list(
            Tombstone.objects.filter(is_journalled=False)
            .select_related("environment")
            .order_by("request_id", "at", "is_earlier", "pk")[:_AT_ONCE]
        )
        if not stones:
            return
        _append([_entry(list(group)) for _, group in groupby(stones, key=_of)])
        with transaction.atomic():
            Tombstone.objects.filter(pk__in=[stone.pk for stone in stones]).update(is_journalled=True)


def _of(stone: Tombstone) -> tuple[int, datetime, bool, bool]:
    return stone.request_id, stone.at, stone.is_for_good, stone.is_earlier


def _entry(stones: list[Tombstone]) -> JournalEntry:
    first = stones[0]
    return JournalEntry(
        request=first.request_id,
        environment=first.environment.slug,
        at=first.at,
        is_for_good=first.is_for_good,
        users=tuple(stone.user_key for stone in stones if stone.user_key is not None),
        anonymous=tuple(stone.anonymous_key for stone in stones if stone.anonymous_key is not None),
        is_earlier=first.is_earlier,
    )


def _append(new: list[JournalEntry]) -> None:
    with path().open("a+b") as journal:
        if journal.tell():
            journal.seek(-1, os.SEEK_END)
            if journal.read() != b"\n":
                journal.write(b"\n")  # in case the last line is incomplete
        journal.write(b"".join(msgspec.json.encode(entry) + b"\n" for entry in new))
        journal.flush()
        os.fsync(journal.fileno())


@contextmanager
def _alone() -> Iterator[None]:
    folder = Path(settings.ERASURES_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
