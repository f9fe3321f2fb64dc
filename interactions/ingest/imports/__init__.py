"""Carry a file of interactions into an environment: the use cases that pages, uploads and commands call.

A file is cut into blocks of whole records; a task reads each block, checks it and writes a Parquet part; the last one
to finish makes ONE commit of all parts. Nothing shows before that commit, and nothing is left if it never comes.
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


# A command that has a worker read its file needs neither the reader of records nor the table, which take longer to load
# than all the rest.


def inspect(imp: Import, types: Mapping[str, str | None] | None = None) -> Inspection:
    """Read a sample of the file of ``imp``. Raises FileRefused where it cannot be imported at all.

    ``types`` is what was chosen of event names; without it, what is kept of them.
    """
    from interactions.ingest.imports import inspection

    return inspection.inspect(imp, types)


def preview_undo(imp: Import) -> tuple[int, int]:
    """How many records would go if the import were undone now, and how many would stay; see ``removal``."""
    from interactions.ingest.imports import removal

    return removal.preview_undo(imp)
