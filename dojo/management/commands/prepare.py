"""Migrate the database and create the first administrator; ``run`` does this by itself."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dojo.management.commands.run import NotStarted, prepare_database


class Command(BaseCommand):
    help = (
        'Bring the database up to date, and create the user "admin" if there is no administrator. Run it once '
        "before the processes of a new version start, if something other than manage.py run starts them."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sentence = prepare_database()
        except NotStarted as error:
            raise CommandError(str(error)) from error
        self.stdout.write(sentence or "The database is up to date.")
