"""``manage.py person_data``: write everything stored about a person to a file, to answer an access request."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from interactions.errors import DojoError
from interactions.management.environments import add_environment, environment_called
from interactions.privacy import letters


class Command(BaseCommand):
    help = "Write everything that an environment stores about a user as JSON. The activity log records it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="file to write; - for standard output")
        parser.add_argument("--user-id", required=True, metavar="ID", help="the user's id")
        add_environment(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        environment = environment_called(options["environment"])
        path: Path = options["file"]
        try:
            asked = letters.letter(environment, options["user_id"])
            if str(path) == "-":
                sys.stdout.buffer.writelines(letters.hand_over(asked, by=getpass.getuser()))
                return
            with path.open("wb") as out:
                out.writelines(letters.hand_over(asked, by=getpass.getuser()))
        except DojoError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error
