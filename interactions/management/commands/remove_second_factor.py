"""``manage.py remove_second_factor NAME``: for an administrator who lost theirs; owners do it on the Members page."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from interactions.access.sign_on import second_factor


class Command(BaseCommand):
    help = "Remove all second factors of a user, and end their sessions. After that, the password is enough to log in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the user name")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['name']}.")
        removed = second_factor.remove(user, by="remove_second_factor")
        self.stdout.write(f"{user} has no second factor any more." if removed else f"{user} had none.")
