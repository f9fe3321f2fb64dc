"""What a process does to a data folder of before.

``python -m tests.privacy.upgrade_process make|start|kill PLACE N|check``
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import django

HIDDEN = "hidden"
PARTS = 9


def make() -> None:
    """A database before the migration, nine parts of one person each and Ann's, who is hidden."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.utils import timezone

    from tests.earlier import OldKeyring
    from tests.lakes import append, record

    last = ("interactions", "0011_inbox_entries_alone")
    call_command("migrate", *last, verbosity=0)
    call_command("migrate", "admin", verbosity=0)
    call_command("migrate", "sessions", verbosity=0)
    models = MigrationExecutor(connection).loader.project_state([last]).apps.get_model
    models("auth", "User").objects.create(username="somebody")
    ring = OldKeyring(settings.SECRET_KEY)
    production = models("interactions", "Environment").objects.get(slug="production")
    asked = models("interactions", "DeletionRequest").objects.create(environment=production)
    of_asked = {"request": asked, "environment": production, "at": timezone.now()}
    models("interactions", "Tombstone").objects.create(user_key=ring.key(HIDDEN), **of_asked)
    for part in range(PARTS):
        of = [record(user_id=each, user_key=ring.key(each)) for each in (f"user {part}", HIDDEN)]
        append(of, import_id=part + 1)


def start() -> None:
    """What ``run`` does before it starts anything."""
    from dojo.management.commands.run import prepare_database

    prepare_database()


def kill(place: str, number: int) -> None:
    """The same, killed at the given place when it comes there for the n-th time."""
    from django.db.models import QuerySet

    from interactions import identity
    from interactions.warehouse import rekey
    from interactions.warehouse.storage import OnDisk

    places: dict[str, tuple[Any, str]] = {
        "keys kept": (identity, "_check_of"),
        "files appear": (OnDisk, "put"),
        "after the commit": (OnDisk, "keep"),
        "a part written": (rekey, "_part"),
        "rows of the database": (QuerySet, "update"),
    }
    owner, name = places[place]
    with (
        patch.object(owner, name, _deadly(getattr(owner, name), number)),
        patch.object(rekey, "_GROUP_PARTS", 2),
    ):
        start()


def _deadly(step: Callable[..., Any], number: int) -> Callable[..., Any]:
    left = number

    def take(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(*args, **kwargs)

    return take


def check() -> None:
    """Everyone is named by the identity key, and nobody is lost or there twice; ends with an error otherwise."""
    from collections import Counter
    from pathlib import Path

    import pyarrow.parquet as pq
    from django.conf import settings

    from interactions import identity
    from interactions.warehouse import people
    from interactions.warehouse.lake import Lake
    from tests.earlier import misnamed

    assert misnamed(identity.keyring()) == []
    found = Counter(row for path in Lake("production").files() for row in pq.read_table(path)["user_id"].to_pylist())
    assert found == {HIDDEN: PARTS, **{f"user {part}": 1 for part in range(PARTS)}}
    assert people.hidden("production").users.keys.tolist() == [identity.keyring().key(HIDDEN)]
    named = {str(path) for path in Lake("production").files()}
    there = {str(path) for path in Path(settings.LAKE_DIR).rglob("*.parquet") if "_delta_log" not in path.parts}
    assert there == named
    assert list(Path(settings.SCRATCH_DIR).glob("rekey-*")) == []


if __name__ == "__main__":
    django.setup()
    todo, *more = sys.argv[1:]
    if todo == "kill":
        kill(more[0], int(more[1]))
    else:
        {"make": make, "start": start, "check": check}[todo]()
