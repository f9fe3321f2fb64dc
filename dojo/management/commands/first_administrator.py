"""Create the first administrator if there is none."""

from typing import Any

from django.core.management.base import BaseCommand

from dojo import administrator


class Command(BaseCommand):
    help = 'Create the user "admin" if there is no administrator yet, and show the password once.'

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(administrator.make_first() or "There is an administrator already.")
