"""Import a file from the command line, by the very steps that the wizard takes."""

from __future__ import annotations

import json
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django.core.management.base import BaseCommand, CommandError

from dojo import workers
from interactions import connectors
from interactions.access import audit
from interactions.errors import DojoError
from interactions.ingest import imports
from interactions.ingest.imports import storage
from interactions.ingest.imports.form import TABLES
from interactions.management.environments import add_environment, environment_called
from interactions.models import Environment, Import

_EXIT_CODES = {Import.State.DONE: 0, Import.State.DONE_WITH_REJECTS: 1}
_FAILED = 2
_CANCELLED = "Cancelled: nothing was added."
_UNMAPPED = (
    "If they're another tool's, map their fields in the import wizard, and name the kept mapping with --mapping."
)
_ASKED = "Answer that in the import wizard, and keep the mapping there."
_ANSWERS = {"zone": "Name it with --zone."}
_BAR = 30


class Command(BaseCommand):
    requires_system_checks = ()  # they load every page, which takes longer than a small import
    help = "Import a file of interactions. Exit code: 0 done, 1 done with rejects, 2 failed or nothing loaded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="JSON, CSV, Excel or Parquet; plain, gzip, zstd, bzip2, xz, zip or tar"
        )
        add_environment(parser)
        parser.add_argument("--json", action="store_true", help="the last line of output is the result as JSON")
        parser.add_argument(
            "--source",
            default="auto",
            choices=["auto", *connectors.SOURCES],
            help="the tool whose events these are; auto: recognized from the file",
        )
        parser.add_argument("--mapping", default="", help="the kept mapping of a table (the newest that fits)")
        parser.add_argument(
            "--zone", default="", help="zone of times without one, such as Europe/Berlin (default: UTC)"
        )
        parser.add_argument("--sheet", default="", help="sheet of a workbook (default: the mapping's)")
        parser.add_argument(
            "--ignore-unknown-fields",
            action="store_true",
            help="in files of Dojo's own format, leave out unknown fields instead of rejecting the records",
        )
        parser.add_argument(
            "--keep-duplicates", action="store_true", help="don't look for records that are already there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        environment = environment_called(options["environment"], returncode=_FAILED)
        if options["zone"] and options["zone"] not in available_timezones():
            raise CommandError(f"There is no time zone called {options['zone']}.", returncode=_FAILED)
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path} is not a file.", returncode=_FAILED)
        for number in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal cancels as Ctrl-C does
            signal.signal(number, signal.default_int_handler)
        try:
            with audit.acting("import_interactions"), workers.present() as presence:
                imp = _carry(path, environment, presence, options)
        except KeyboardInterrupt:  # before there was an import
            raise CommandError(_CANCELLED, returncode=_FAILED) from None
        except (DojoError, workers.Away) as error:
            raise CommandError(str(error), returncode=_FAILED) from error
        self._tell(imp, as_json=options["json"])
        sys.exit(_EXIT_CODES.get(Import.State(imp.state), _FAILED))

    def _tell(self, imp: Import, *, as_json: bool) -> None:
        progress = imports.progress(imp)
        if imp.error or imp.state == Import.State.CANCELLED:
            self.stderr.write(imp.error or _CANCELLED)
        if imp.error and 0 < progress.records == progress.rejected and not (imp.mapping or imp.connector):
            self.stderr.write(_UNMAPPED)
        causes = imports.causes(imp)
        for sentence in (imp.left_out, *imports.hints(causes)):
            if sentence:
                self.stderr.write(sentence)
        for cause in causes[:10]:
            first = f"row {cause.row}" if cause.row else f"record {cause.record}"
            self.stderr.write(f"{cause.count:>12,}  {cause.path or 'record'}: {cause.rule} First: {first}.")
        for name in imports.skipped(imp)[:10]:
            self.stderr.write(f"{name.count:>12,}  skipped: {name.name}. {name.reason}")
        ignored = dict(imports.ignored_fields(imp))
        for field, count in list(ignored.items())[:10]:
            self.stderr.write(f"{count:>12,}  left out: {field}")
        if as_json:
            result: dict[str, Any] = {
                "import": imp.pk,
                "state": imp.state,
                "source": "table" if imp.mapping else imp.connector or connectors.dojo.NAME,
                "records": progress.records,
                "accepted": progress.accepted,
                "rejected": progress.rejected,
                "duplicates": progress.duplicates,
                "skipped": progress.skipped,
                "seconds": round(progress.seconds, 3),
            }
            if imp.ignore_unknown_fields:
                result["ignored_fields"] = ignored
            self.stdout.write(json.dumps(result))
        elif imp.is_done:
            self.stdout.write(
                f"{imp.get_state_display()}: {_counted(progress.records, 'record')} in {progress.seconds:.1f} s, "
                f"{progress.accepted:,} accepted, {progress.rejected:,} rejected, "
                f"{_counted(progress.duplicates, 'duplicate')}"
                + (f", {progress.skipped:,} skipped." if progress.skipped else ".")
            )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _carry(path: Path, environment: Environment, presence: workers.Presence, options: dict[str, Any]) -> Import:
    """Take the file through the import; Ctrl-C cancels it."""
    imp = imports.begin(
        environment,
        file_name=path.name,
        size=path.stat().st_size,
        user=None,
        source=Import.Source.COMMAND,
        connector="" if options["source"] == "auto" else options["source"],
        zone=options["zone"],
    )
    try:
        # The workers of this machine read the file where it lies; it is the link that is removed afterwards.
        storage.take_in(imp, path)
        imports.received(imp, sample=False)
        if imp.state == Import.State.CHECKING:
            mapping = _mapping(imp, options)
            imports.start(
                imp,
                check_duplicates=not options["keep_duplicates"],
                mapping=mapping,
                ignore_unknown_fields=options["ignore_unknown_fields"],
            )
            presence.wait(_Watch(imp).has_ended, _sweep)
    except KeyboardInterrupt:
        from interactions.ingest.imports.removal import discard

        imports.cancel(imp)
        discard(imp)  # here and now: workers of our own end with this command
    return imp


def _mapping(imp: Import, options: dict[str, Any]) -> str:
    """What the columns of a table stand for, as JSON; empty for a file that is none."""
    if not (options["mapping"] or options["sheet"]) and imp.format not in TABLES:
        return ""
    from interactions.connectors.table import Unanswered  # these load what reads tables
    from interactions.ingest.imports import tables

    try:
        mapping = tables.mapping_for(imp, options["mapping"], options["sheet"])
        if options["zone"]:
            mapping = tables.in_zone(mapping, options["zone"])
        mapping = tables.require_mapped(imp, mapping)
    except Unanswered as error:
        imports.cancel(imp)
        raise CommandError(f"{error} {_ANSWERS.get(error.name, _ASKED)}", returncode=_FAILED) from error
    except DojoError:
        imports.cancel(imp)
        raise
    if said := tables.said_of_encoding(mapping):
        sys.stderr.write(f"{said}\n")
    return tables.json_of(mapping)


class _Watch:
    """Looks at an import that loads, and says on standard error how far it is."""

    def __init__(self, imp: Import) -> None:
        self._imp = imp
        self._told = ""

    def has_ended(self) -> bool:
        self._imp.refresh_from_db()
        is_shown = sys.stderr.isatty()
        if is_shown:
            _draw(imports.progress(self._imp))
        if self._imp.state != Import.State.LOADING:
            if is_shown:
                sys.stderr.write("\n")
            return True
        if self._imp.error and self._imp.error != self._told:
            self._told = self._imp.error
            sys.stderr.write(f"{self._told}\n")
        return False


def _sweep() -> None:
    from interactions.ingest.imports.sweep import sweep  # it loads what reads files

    sweep()


def _draw(progress: imports.Progress) -> None:
    filled = round(progress.fraction * _BAR)
    rate = f"{progress.rate:,.0f}/s" if progress.rate else ""
    bar = "█" * filled + "░" * (_BAR - filled)
    sys.stderr.write(f"\r{bar} {progress.fraction:4.0%}  {progress.records:,} records  {rate}   ")
    sys.stderr.flush()
