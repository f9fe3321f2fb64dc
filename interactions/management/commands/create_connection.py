"""``manage.py create_connection``: create an address that another tool sends its events to; printed once."""

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
        "Create a connection for a tool that sends its events. The last line of output is JSON: its id, its path (with"
        " the token) and the secret for signatures, empty if the tool doesn't sign. The token isn't stored, so copy it"
        " now."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", choices=change.SENDERS, help="the tool that sends")
        add_environment(parser)
        parser.add_argument("--name", default="", help="its name in the list of connections")
        parser.add_argument("--secret", default="", help="the secret that the tool signs with, if it has one already")

    def handle(self, *args: Any, **options: Any) -> None:
        environment = environment_called(options["environment"])
        name = options["name"].strip()
        if len(name) > 100:
            raise CommandError("The name must have at most 100 characters.")
        with audit.acting("create_connection"):
            given = change.create(environment, options["source"], name=name, secret=options["secret"])
        self.stdout.write(f'Connection "{given.connection.name}" of {environment.name}:')
        self.stdout.write(json.dumps({"id": given.connection.pk, "path": given.path, "secret": given.secret}))
