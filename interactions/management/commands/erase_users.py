"""Erase people from the command line, by the very steps that a deletion request over the API takes."""

from __future__ import annotations

import getpass
import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dojo import workers
from interactions import erasure
from interactions.erasure import carrying
from interactions.erasure.listing import user_ids
from interactions.errors import DojoError
from interactions.models import DeletionRequest, Environment

_POLL_SECONDS = 0.1
_SWEEP_SECONDS = 10.0
_FAILED = 2


class Command(BaseCommand):
    help = "Erase all records of users up to now, and wait until that is verified. Exit code: 0 verified, 2 not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user-id", nargs="+", action="extend", default=[], metavar="ID", help="whom to erase")
        parser.add_argument(
            "--file", type=Path, help="a text or CSV file: the column user_id, or the first; - for standard input"
        )
        parser.add_argument("--environment", default="production", help="where (production)")
        parser.add_argument("--json", action="store_true", help="the last line of output is the receipt as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        environment = Environment.objects.filter(slug=options["environment"]).first()
        if environment is None:
            raise CommandError(f"There is no environment called {options['environment']}.", returncode=_FAILED)
        try:
            people = [*options["user_id"], *_listed(options["file"])]
            with workers.present():
                request = _wait_for(
                    erasure.request(environment, people, source=DeletionRequest.Source.COMMAND, by=getpass.getuser())
                )
        except (DojoError, workers.NoWorkers) as error:
            raise CommandError(str(error), returncode=_FAILED) from error
        self._tell(request, as_json=options["json"])
        sys.exit(0 if request.state == DeletionRequest.State.VERIFIED else _FAILED)

    def _tell(self, request: DeletionRequest, *, as_json: bool) -> None:
        if request.error:
            self.stderr.write(request.error)
        if as_json:
            self.stdout.write(json.dumps(_result(request)))
        elif request.state == DeletionRequest.State.VERIFIED:
            self.stdout.write(
                f"Verified: users {request.people:,}, records erased {request.erased:,}, nothing left of them "
                f"after {_seconds(request):.1f} s."
            )


def _result(request: DeletionRequest) -> dict[str, Any]:
    """The receipt, which can be checked as it is; in its place, where there is none, what is known."""
    if request.receipt:
        receipt: dict[str, Any] = json.loads(request.receipt)
        return receipt
    return {
        "request": request.pk,
        "state": request.state,
        "people": {"count": request.people},
        "records_erased": request.erased,
        "error": request.error,
    }


def _listed(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        if str(path) == "-":
            return list(user_ids(sys.stdin))
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list(user_ids(lines))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read.", returncode=_FAILED) from error


def _wait_for(request: DeletionRequest) -> DeletionRequest:
    swept = time.monotonic()
    while request.ended_at is None:
        time.sleep(_POLL_SECONDS)
        request.refresh_from_db()
        if time.monotonic() - swept > _SWEEP_SECONDS:  # there may be no scheduler beside our own workers
            carrying.sweep()
            swept = time.monotonic()
    return request


def _seconds(request: DeletionRequest) -> float:
    return (request.ended_at - request.received_at).total_seconds() if request.ended_at else 0.0
