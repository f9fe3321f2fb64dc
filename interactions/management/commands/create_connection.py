"""``manage.py create_connection``: an address that another tool can send its events to, printed once."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from interactions.access import audit
from interactions.ingest.connections import change
from interactions.management.environments import add_environment, environment_called


class Command(BaseCommand):
    help = (
        "Create a connection, which another tool sends its events to, and print it as JSON on the last line: its id,"
        " the path with its token, and the secret for signatures, empty where the tool signs nothing. The token isn't"
        " stored, so keep it now."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", choices=change.SENDERS, help="the tool that sends")
        add_environment(parser)
        parser.add_argument("--name", default="", help="what tells it apart in the list of connections")
        parser.add_argument("--secret", default="", help="what the tool signs with, where it has a secret already")

    def handle(self, *args: Any, **options: Any) -> None:
        environment = environment_called(options["environment"])
        name = options["name"].strip()
        if len(name) > 100:
            raise CommandError("The name must have at most 100 characters.")
        with audit.acting("create_connection"):
            given = change.create(environment, options["source"], name=name, secret=options["secret"])
        self.stdout.write(f'Connection "{given.connection.name}" of {environment.name}:')
        self.stdout.write(json.dumps({"id": given.connection.pk, "path": given.path, "secret": given.secret}))
