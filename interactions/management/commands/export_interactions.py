"""Write the interactions of an environment to a file, to import it again or read it elsewhere."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from django.core.management.base import BaseCommand, CommandError, CommandParser

from interactions.access import audit
from interactions.codec import export
from interactions.contract.tombstones import leave_out
from interactions.files import written_whole
from interactions.management.environments import add_environment, environment_called
from interactions.warehouse.lake import Lake, Part
from interactions.warehouse.people import hidden

STANDARD_OUTPUT = Path("-")
BATCH_ROWS = 8192


class Command(BaseCommand):
    help = "Write all interactions of an environment to FILE as JSON Lines, which import again to the same records."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="where to; gzip where it ends in .gz; - for standard output"
        )
        add_environment(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        environment = environment_called(options["environment"])
        written = 0
        try:
            with _destination(path) as file:
                people = hidden(environment.slug)  # before the files are named: see analytics.engine
                for rows in _tables(Lake(environment.slug).parts()):
                    table, _ = leave_out(rows, people)
                    file.write(export.lines(table))
                    written += table.num_rows
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error
        with audit.acting("export_interactions"):
            audit.note(
                audit.Action.EXPORTED,
                environment=environment,
                object="all interactions",
                details={"records": written},
            )
        if options["verbosity"]:
            told = self.stderr if path == STANDARD_OUTPUT else self.stdout
            told.write(f"{written:,} interactions: {path}")


def _tables(parts: Sequence[Part]) -> Iterator[pa.Table]:
    """The rows of the parts, in batches."""
    for each in parts:
        try:
            part = pq.ParquetFile(each.path)
        except FileNotFoundError as error:
            raise CommandError("The data set changed during the export. Start it again.") from error
        with part:
            for group in range(part.num_row_groups):
                for batch in part.iter_batches(BATCH_ROWS, row_groups=[group]):
                    yield pa.Table.from_batches([batch])


@contextmanager
def _destination(path: Path) -> Iterator[BinaryIO]:
    """Standard output, or a file that gets its name once it's complete."""
    if path == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with written_whole(path) as file:
        yield file
