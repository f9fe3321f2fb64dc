"""``manage.py create_api_key``: create a key for the API; printed once."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from interactions.access import audit, keys
from interactions.management.environments import add_environment, environment_called
from interactions.models import ApiKey

_LONGEST_DAYS = 3653


class Command(BaseCommand):
    help = "Create an API key and print it on the last line. It isn't stored, so copy it now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_environment(parser)
        parser.add_argument("--kind", required=True, choices=ApiKey.Kind.values)
        parser.add_argument("--name", default="Command line", help="its name in the list of keys")
        parser.add_argument(
            "--origin",
            action="append",
            default=[],
            help="an origin that may use a publishable key, such as https://shop.example, null (sandboxed frames) or"
            " none (apps that send no Origin header); repeat it for several",
        )

        parser.add_argument(
            "--scope",
            action="append",
            choices=ApiKey.Scope.values,
            help="what a secret key may do; repeat it for several (default: write and delete)",
        )
        parser.add_argument("--expires-in", type=int, metavar="DAYS", help="days until it expires (default: never)")

    def handle(self, *args: Any, **options: Any) -> None:
        environment = environment_called(options["environment"])
        kind = ApiKey.Kind(options["kind"])
        if options["origin"] and kind == ApiKey.Kind.SECRET:
            raise CommandError("Only a publishable key can be bound to origins.")
        for origin in options["origin"]:
            if not keys.is_origin(origin):
                raise CommandError(f"{origin} isn't an origin. {keys.WHAT_AN_ORIGIN_IS}")
        if not 0 < len(options["name"].strip()) <= 100:
            raise CommandError("The name must have 1 to 100 characters.")
        if options["scope"] and kind == ApiKey.Kind.PUBLISHABLE:
            raise CommandError("A publishable key can only write. Leave --scope out.")
        days = options["expires_in"]
        if days is not None and not 0 < days <= _LONGEST_DAYS:
            raise CommandError(f"--expires-in must be 1 to {_LONGEST_DAYS} days.")
        with audit.acting("create_api_key"):
            key, text = keys.create(
                environment,
                kind=kind,
                name=options["name"].strip(),
                allowed_origins="\n".join(options["origin"]),
                scopes=[ApiKey.Scope(each) for each in options["scope"]] if options["scope"] else None,
                expires_at=None if days is None else timezone.now() + timedelta(days=days),
            )
        self.stdout.write(f'{key.get_kind_display()} key "{key.name}" of {environment.name}:')
        self.stdout.write(text)
