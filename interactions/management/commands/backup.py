"""Make a backup while everything runs."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dojo import redis_server
from dojo.progress import CommandProgress
from interactions import backup
from interactions.backup.places import BackupPlace, place_of
from interactions.errors import DojoError
from interactions.warehouse.lake import Lake, LakeBusy, unlocked
from interactions.warehouse.log import LakeUnreadable


class Command(BaseCommand):
    help = "Make a backup of everything, of one moment, while Dojo runs or not."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "target",
            nargs="?",
            help="the folder that gets a folder for this backup, by its path or as s3://bucket/prefix; without it that "
            "of BACKUP_URL",
        )
        parser.add_argument(
            "--keep",
            type=int,
            metavar="N",
            help="then remove all backups there but the newest N, including this one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        target = options["target"] or settings.BACKUP_URL
        if not target:
            raise CommandError("Name a folder for the backup, or set BACKUP_URL.")
        if options["keep"] is not None and options["keep"] < 1:
            raise CommandError("Keep at least 1 backup.")
        place = place_of(target)
        say = CommandProgress(self.stdout)
        try:
            with redis_server.alone() as is_alone:
                taken = backup.take(place, unlocked if is_alone else Lake.lock, say)
        except (DojoError, LakeBusy, LakeUnreadable) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The backup can't be made: {error}.") from error
        manifest = taken.manifest
        self.stdout.write(
            f"Backup of {manifest.at:%Y-%m-%d %H:%M:%S} UTC: {len(manifest.files)} files, {manifest.size >> 20:,} MB, "
            f"in {taken.folder}"
        )
        if options["keep"] is not None:
            self._prune(place, options["keep"])
        self.stdout.write(
            "It holds personal data, and IDENTITY_KEY and SECRET_KEY, which are secrets: who has them can name people "
            "and open sealed secrets. Keep it as safe as the data folder."
        )

    def _prune(self, place: BackupPlace, keep: int) -> None:
        try:
            gone = backup.prune(place, keep, timezone.now())
        except OSError as error:
            raise CommandError(f"The backup is made, but older ones can't be removed: {error}.") from error
        self.stdout.write(f"Removed {gone} older backup{'' if gone == 1 else 's'}.")
