"""``manage.py interaction_stats``: what an environment holds, as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from interactions.errors import DojoError
from interactions.models import Environment
from interactions.queries import dashboard
from interactions.warehouse.lake import Lake


class Command(BaseCommand):
    help = "Print how many interactions an environment holds, by type, and of how many users and products, as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--environment", default="production", help="slug of the environment (production)")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["environment"]
        known = list(Environment.objects.values_list("slug", flat=True))
        if slug not in known:
            raise CommandError(f"There is no environment {slug!r}. Choose one of {', '.join(known)}.")
        version = Lake(slug).version()
        try:
            types = dashboard.by_type(slug)
            totals = dashboard.totals(slug)
        except DojoError as error:
            raise CommandError(str(error)) from error
        answer = {
            "total": totals.interactions if totals else 0,
            "by_type": dict(zip(types["type"], types["records"].tolist(), strict=True)),
            "users": totals.users if totals else 0,
            "anonymous": totals.anonymous if totals else 0,
            "products": totals.products if totals else 0,
            "first": _stamp(totals.first) if totals else None,
            "last": _stamp(totals.last) if totals else None,
            "version": version,
        }
        self.stdout.write(json.dumps(answer))


def _stamp(moment: datetime) -> str:
    """RFC 3339 in UTC; fractions of a second only where there are some."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
