"""Put a backup into an empty data folder."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dojo import redis_server
from dojo.progress import CommandProgress
from interactions import backup
from interactions.backup import Restored
from interactions.backup.places import place_of
from interactions.errors import DojoError

_MOMENT = "%Y-%m-%d %H:%M:%S UTC"


class Command(BaseCommand):
    help = "Put a backup into an empty data folder (DOJO_DATA_DIR), before Dojo is started there."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help="a backup, or the folder of several: then the newest is taken")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with redis_server.alone() as is_alone:
                if not is_alone and settings.REDIS_IS_OURS:
                    raise CommandError("Dojo runs on this data folder: stop it, or choose another DOJO_DATA_DIR.")
                restored = backup.restore(place_of(options["source"]), CommandProgress(self.stdout))
        except DojoError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The backup can't be restored: {error}. Start the restore again.") from error
        self.stdout.write(f"Restored {restored.folder}: everything is as it was on {restored.manifest.at:{_MOMENT}}.")
        self.stdout.write(said_of_erasures(restored))


def said_of_erasures(restored: Restored) -> str:
    """Up to when erasures are known in what was restored, and what follows of it, as sentences."""
    replayed = restored.replayed
    if replayed is None:
        return (
            f"There is no journal of erasures beside the backup. Erasures are known up to "
            f"{restored.manifest.at:{_MOMENT}}: whoever asked later is in the data again. Repeat those requests. "
            "With BACKUP_URL set, erasures are recorded beside the backups right away."
        )
    known = f"Erasures are known up to {replayed.known_until:{_MOMENT}}."
    if not replayed.people:
        return f"{known} Nobody was erased since the backup."
    return (
        f"{known} People who asked since the backup are hidden ({replayed.people:,}), and their records are erased "
        "once Dojo is started."
    )
