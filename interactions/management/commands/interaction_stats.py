"""``manage.py interaction_stats``: what an environment holds, as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from interactions.analytics.data_sets import newest
from interactions.analytics.reports.totals import by_type, totals
from interactions.errors import DojoError
from interactions.management.environments import add_environment, environment_called


class Command(BaseCommand):
    help = "Print how many interactions an environment holds, by type, and of how many users and products, as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_environment(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        environment = environment_called(options["environment"])
        try:
            engine = newest(environment.slug)
            types, found = by_type(engine), totals(engine)
        except DojoError as error:
            raise CommandError(str(error)) from error
        answer = {
            "total": found.interactions if found else 0,
            "by_type": dict(zip(types["type"], types["records"].tolist(), strict=True)),
            "users": found.users if found else 0,
            "anonymous": found.anonymous if found else 0,
            "products": found.products if found else 0,
            "first": _stamp(found.first) if found else None,
            "last": _stamp(found.last) if found else None,
            "version": engine.version,
        }
        self.stdout.write(json.dumps(answer))


def _stamp(moment: datetime) -> str:
    """RFC 3339 in UTC; fractions of a second only where there are some."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
