"""Name people by IDENTITY_KEY who were named by SECRET_KEY, once; ``run`` does it before it starts anything."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dojo import redis_server
from interactions.errors import DojoError
from interactions.privacy.identity_upgrade import upgrade
from interactions.warehouse.lake import Held, Lake, LakeBusy

_SECONDS = 1.0  # between two lines about the same


class Command(BaseCommand):
    help = (
        "Check the identity key, and name people by it who were named by the secret key; with nothing to do, nothing."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with _alone() as is_alone:
                upgrade(self._say(), _unlocked if is_alone else Lake.lock)
        except (DojoError, LakeBusy) as error:
            raise CommandError(str(error)) from error

    def _say(self) -> Any:
        said = 0.0

        def say(sentence: str, *, is_last: bool = False) -> None:
            nonlocal said
            if is_last or time.monotonic() - said >= _SECONDS:
                said = time.monotonic()
                self.stdout.write(sentence)
                self.stdout.flush()

        return say


@contextmanager
def _alone() -> Iterator[bool]:
    """Keep other Dojos from starting with this data folder; False where one runs, or the locks are in another Redis."""
    if not settings.REDIS_IS_OURS:
        yield False
        return
    redis_server.folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        lock = redis_server.lock(redis_server.folder())
    except redis_server.DataFolderInUse:
        yield False
        return
    try:
        yield True
    finally:
        os.close(lock)


@contextmanager
def _unlocked(lake: Lake) -> Iterator[Held | None]:
    """Where no Redis runs, nobody holds a lock."""
    yield None
