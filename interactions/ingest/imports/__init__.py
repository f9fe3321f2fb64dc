"""Import a file of interactions into an environment: the use cases for pages, uploads and commands.

A file is cut into blocks of whole records. A task per block reads and checks it and writes a Parquet part; the last
task makes ONE commit of all parts. Nothing is visible before that commit, and nothing is left without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interactions.ingest.imports.hints import hints
from interactions.ingest.imports.lifecycle import begin, cancel, create_sample, received, retry, start, undo
from interactions.ingest.imports.progress import (
    ImportCause,
    Progress,
    SkippedName,
    causes,
    ignored_fields,
    progress,
    skipped,
)
from interactions.ingest.imports.storage import rejected_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interactions.ingest.imports.inspection import Inspection
    from interactions.models import Import

__all__ = [
    "ImportCause",
    "Progress",
    "SkippedName",
    "begin",
    "cancel",
    "causes",
    "create_sample",
    "hints",
    "ignored_fields",
    "inspect",
    "preview_undo",
    "progress",
    "received",
    "rejected_path",
    "retry",
    "skipped",
    "start",
    "undo",
]


# Imported lazily: the import command leaves reading to a worker, and loading the reader and the table would take longer
# than everything else it does.


def inspect(imp: Import, types: Mapping[str, str | None] | None = None) -> Inspection:
    """Read a sample of the import's file. Raises FileRefused if it can't be imported at all.

    ``types`` are the chosen types by event name, the saved ones by default.
    """
    from interactions.ingest.imports import inspection

    return inspection.inspect(imp, types)


def preview_undo(imp: Import) -> tuple[int, int]:
    """How many records undoing the import now would remove, and how many would stay; see ``removal``."""
    from interactions.ingest.imports import removal

    return removal.preview_undo(imp)
