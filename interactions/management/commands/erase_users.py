"""``manage.py erase_users``: erase people with the same steps as a deletion request sent to the API."""

from __future__ import annotations

import getpass
import io
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dojo import workers
from interactions import privacy
from interactions.errors import DojoError
from interactions.management.environments import add_environment, environment_called
from interactions.models import DeletionRequest
from interactions.privacy import erasure as carrying
from interactions.privacy import id_file
from interactions.privacy.ids import Id
from interactions.templatetags.deletion import people_named

_NOTHING_HELD = 1
_FAILED = 2


class Command(BaseCommand):
    requires_system_checks = ()  # they load every page
    help = (
        "Erase all records of users up to now, and wait until the erasure is verified. "
        "Exit code: 0 erased and verified, 1 nothing was stored about any of them, 2 not verified."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user-id", nargs="+", action="extend", default=[], metavar="ID", help="a user to erase")
        parser.add_argument(
            "--anonymous-id",
            nargs="+",
            action="extend",
            default=[],
            metavar="ID",
            help="an anonymous id; its records without a user_id are erased",
        )
        parser.add_argument(
            "--file",
            type=Path,
            help="a file with one user id per line, or CSV with a heading and a column user_id or anonymous_id; "
            "- for standard input",
        )
        add_environment(parser)
        parser.add_argument("--json", action="store_true", help="print the receipt as JSON on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        environment = environment_called(options["environment"], returncode=_FAILED)
        try:
            ids = _ids(options)
            with workers.present() as presence:
                request = _wait_for(
                    privacy.request(
                        environment,
                        [each.text for each in ids if not each.is_anonymous],
                        anonymous_ids=[each.text for each in ids if each.is_anonymous],
                        source=DeletionRequest.Source.COMMAND,
                        by=getpass.getuser(),
                    ),
                    presence,
                )
        except (DojoError, workers.Away) as error:
            raise CommandError(str(error), returncode=_FAILED) from error
        self._tell(request, as_json=options["json"])
        if request.state != DeletionRequest.State.VERIFIED:
            sys.exit(_FAILED)
        sys.exit(_NOTHING_HELD if request.held_nothing else 0)

    def _tell(self, request: DeletionRequest, *, as_json: bool) -> None:
        if request.error:
            self.stderr.write(request.error)
        if as_json:
            self.stdout.write(json.dumps(_result(request)))
        elif request.state == DeletionRequest.State.VERIFIED:
            self.stdout.write(_told(request))


def _told(request: DeletionRequest) -> str:
    if request.held_nothing:
        return (
            f"Nothing was stored about {people_named(request)}, so nothing was erased. "
            "Ids must match exactly, including capital letters and spaces."
        )
    unknown = request.tombstones.filter(was_held=False, is_beside_user=False).count()
    beside = request.tombstones.filter(is_beside_user=True).count()
    return (
        f"Verified: {people_named(request)}, records erased {request.erased:,}, nothing left of them "
        f"after {_seconds(request):.1f} s."
        + (f" Not in the data: {unknown:,} of these ids." if unknown else "")
        + (f" Also in records with a user_id, which stay: {beside:,} anonymous ids." if beside else "")
    )


def _result(request: DeletionRequest) -> dict[str, Any]:
    """The signed receipt, or what is known if there is none."""
    if request.receipt:
        receipt: dict[str, Any] = json.loads(request.receipt)
        return receipt
    return {
        "request": request.pk,
        "state": request.state,
        "people": {"count": request.people, "anonymous_count": request.anonymous},
        "records_erased": request.erased,
        "error": request.error,
    }


def _ids(options: dict[str, Any]) -> list[Id]:
    users = [Id(each) for each in options["user_id"]]
    visitors = [Id(each, is_anonymous=True) for each in options["anonymous_id"]]
    return [*users, *visitors, *_listed(options["file"])]


def _listed(path: Path | None) -> list[Id]:
    if path is None:
        return []
    try:
        if str(path) == "-":
            return list(id_file.ids(io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="")))
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list(id_file.ids(lines))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read.", returncode=_FAILED) from error


def _wait_for(request: DeletionRequest, presence: workers.Presence) -> DeletionRequest:
    told = ""

    def has_ended() -> bool:
        nonlocal told
        request.refresh_from_db()
        if request.ended_at is None and request.error and request.error != told:
            told = request.error
            sys.stderr.write(f"{told}\n")
        return request.ended_at is not None

    presence.wait(has_ended, carrying.sweep)
    return request


def _seconds(request: DeletionRequest) -> float:
    return (request.ended_at - request.received_at).total_seconds() if request.ended_at else 0.0
