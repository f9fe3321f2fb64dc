"""Write a synthetic clickstream to a file, to try out Dojo."""

import time
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from interactions import synthetic

REPORT_EVERY = 1.0
"""Seconds between two lines of progress."""


def moment(text: str) -> datetime:
    """Return an ISO 8601 date or time; without an offset it is UTC."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not an ISO 8601 date or time, such as 2025-01-31T12:00Z.") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Write COUNT synthetic interactions to FILE (.json, .jsonl or .ndjson, optionally .gz)."
    requires_system_checks = ()  # nothing of the site is needed, not even a database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int, metavar="COUNT", help="number of interactions")
        parser.add_argument("file", type=Path, metavar="FILE", help="file to write; its suffix decides the format")
        parser.add_argument("--seed", type=int, default=0, help="seed of the random numbers (default: 0)")
        parser.add_argument("--days", type=float, default=90, help="length of the period in days (default: 90)")
        parser.add_argument(
            "--end",
            type=moment,
            metavar="ISO",
            help="end of the period (default: now); set it to get the same file again",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        count: int = options["count"]
        path: Path = options["file"]
        end: datetime = options["end"] or datetime.now(UTC)
        began = reported = time.monotonic()

        def report(written: int) -> None:
            nonlocal reported
            if options["verbosity"] and time.monotonic() - reported >= REPORT_EVERY:
                reported = time.monotonic()
                self.stdout.write(f"{written:,} of {count:,}")

        try:
            start = end - timedelta(days=options["days"])
            synthetic.write(path, count, seed=options["seed"], start=start, end=end, progress=report)
        except OverflowError:
            raise CommandError("The period reaches beyond the years 1 to 9999: give fewer days.") from None
        except ValueError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error
        if options["verbosity"]:
            seconds = time.monotonic() - began
            size = path.stat().st_size / 1e6
            self.stdout.write(self.style.SUCCESS(f"{count:,} interactions, {size:,.1f} MB, in {seconds:.1f} s: {path}"))
