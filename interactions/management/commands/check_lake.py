"""``manage.py check_lake``: check that database and lake belong together. ``run`` does so before it starts anything."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from interactions import guard
from interactions.errors import DojoError


class Command(BaseCommand):
    help = "Check that the database and the lake belong together. Prints nothing if they do."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--adopt", action="store_true", help="use this lake with this database from now on, after a restore"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["adopt"]:
            self.stdout.write(f"The lake now has the id {guard.adopt().hex[:8]}, as the database says.")
            return
        try:
            guard.check()
        except DojoError as error:
            raise CommandError(str(error)) from error
