"""The environment that a command works on: one option and one lookup for all commands."""

from argparse import ArgumentParser

from django.core.management.base import CommandError

from interactions.models import Environment


def add_environment(parser: ArgumentParser) -> None:
    """Add ``--environment SLUG``."""
    parser.add_argument("--environment", default="production", help="slug of the environment (default: production)")


def environment_called(slug: str, *, returncode: int = 1) -> Environment:
    """The environment with this slug. Raises CommandError."""
    environment = Environment.objects.filter(slug=slug).first()
    if environment is None:
        known = ", ".join(Environment.objects.values_list("slug", flat=True))
        raise CommandError(f"There is no environment called {slug}. Choose one of {known}.", returncode=returncode)
    return environment
