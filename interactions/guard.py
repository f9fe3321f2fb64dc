"""Database and lake belong together: a random id is a row of the one and a file, or an object, of the other.

Where they differ, records would go into a lake that the database knows nothing of, and an erasure would look for people
in the wrong place. So Dojo doesn't start. An id is made only where neither has one.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from dojo.environ import write_durably
from interactions import object_store
from interactions.errors import DojoError
from interactions.files import sync
from interactions.models.lake import LakeId
from interactions.object_store import ObjectStoreError
from interactions.objects import Objects

logger = logging.getLogger(__name__)

FILE: Final = ".dojo-id"  # no environment's name begins with a dot


class WrongLake(DojoError):
    """Database and lake don't belong together."""


def check() -> None:
    """Raises WrongLake where database and lake don't belong together; gives them an id where neither has one.

    Raises ObjectStoreError where a store that is used can't be reached, or keeps what is erased.
    """
    for url in filter(None, (settings.LAKE_URL, settings.UPLOADS_URL)):
        object_store.require_fit(url)
    there = _read()
    row = LakeId.objects.filter(pk=1).first()
    if there is None and (row is None or not row.is_kept):
        there, row = _pair()
    if row is None or there != row.value:
        raise WrongLake(_sentence(row.value if row and row.is_kept else None, there))
    if not row.is_kept:  # this was killed once the lake had it
        LakeId.objects.filter(pk=1).update(is_kept=True)


def adopt() -> UUID:
    """Have the lake that is there belong to this database, whatever either belonged to; the id that both have then."""
    with transaction.atomic():
        row, _ = LakeId.objects.get_or_create(pk=1, defaults={"value": uuid4()})
        _write(row.value)
        LakeId.objects.filter(pk=1).update(is_kept=True)
    return row.value


def check_process() -> None:
    """End a process that starts where it would work on the wrong lake; one that the database doesn't answer, too."""
    try:
        check()
    except (WrongLake, ObjectStoreError) as reason:
        raise SystemExit(str(reason)) from reason
    except DatabaseError as error:
        raise SystemExit(f"The database can't be asked which lake is its own: {error}") from error


def check_before_fork() -> None:
    """The same for a process that is going to be forked: the client of object stores has threads, which don't survive
    it, so another process asks."""
    if not settings.LAKE_URL and not settings.UPLOADS_URL:
        check_process()
        return
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "check_lake"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if asked.returncode:
        raise SystemExit(asked.stderr.strip())


def check_web_process() -> None:
    """The same for a web process. Without a database it starts and says so: it changes nothing of the lake."""
    try:
        check()
    except (WrongLake, ObjectStoreError) as reason:
        raise SystemExit(str(reason)) from reason
    except DatabaseError as error:
        logger.warning("The database can't be asked which lake is its own: %s", error)


def _pair() -> tuple[UUID | None, LakeId]:
    """Give both the same id. Of two Dojos that start at once with a lake each, the second finds the row taken; of two
    with a database each, the second finds the lake taken."""
    LakeId.objects.get_or_create(pk=1, defaults={"value": uuid4()})
    with transaction.atomic():
        row = LakeId.objects.select_for_update().get(pk=1)
        there = _read()
        if there is None and not row.is_kept:
            there = _create(row.value)
        if there == row.value and not row.is_kept:
            LakeId.objects.filter(pk=1).update(is_kept=True)
            row.is_kept = True
    return there, row


def _place() -> Path:
    return Path(settings.LAKE_DIR) / FILE


def _read() -> UUID | None:
    try:
        kept = Objects(settings.LAKE_URL).get(FILE).decode() if settings.LAKE_URL else _place().read_text()
        return UUID(kept.strip())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise WrongLake(f"{_lake()}/{FILE} is damaged: put the one of your backup there.") from error


def _create(value: UUID) -> UUID | None:
    """Write the id where the lake has none; the id that it has then."""
    if settings.LAKE_URL:
        from obstore.exceptions import AlreadyExistsError

        with suppress(AlreadyExistsError):
            Objects(settings.LAKE_URL).create(FILE, str(value).encode())
        return _read()
    place, draft = _place(), _draft(value)
    try:
        place.hardlink_to(draft)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        draft.replace(place)
    draft.unlink(missing_ok=True)
    sync(place.parent)  # the name, too, outlives a power cut
    return _read()


def _write(value: UUID) -> None:
    if settings.LAKE_URL:
        Objects(settings.LAKE_URL).put(FILE, str(value).encode())
        return
    place, draft = _place(), _draft(value)
    draft.replace(place)
    sync(place.parent)


def _draft(value: UUID) -> Path:
    place = _place()
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = place.with_name(f"{FILE}.{os.getpid()}")
    write_durably(draft, str(value))
    return draft


def _lake() -> str:
    return settings.LAKE_URL or str(settings.LAKE_DIR)


def _sentence(ours: UUID | None, there: UUID | None) -> str:
    belongs = f"belongs to lake {_short(ours)}" if ours else "is new"
    found = f"is lake {_short(there)}" if there else "has no lake id"
    setting = "LAKE_URL" if settings.LAKE_URL else "DOJO_DATA_DIR"
    return (
        f"The database and the lake don't belong together: {_database()} {belongs}, {_lake()} {found}. "
        f"Set DATABASE_URL and {setting} to a pair that belongs together. If you restored or moved one of them and "
        "they are to be used together from now on, run: manage.py check_lake --adopt"
    )


def _short(value: UUID) -> str:
    return value.hex[:8]


def _database() -> str:
    """Where the database is, without its password."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"the database {given['NAME']}"
    host = given.get("OPTIONS", {}).get("host") or given["HOST"] or "this machine"
    return f"the database {given['NAME']} on {host}"
