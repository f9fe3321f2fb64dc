"""Carry a file of interactions into an environment: the use cases that pages, uploads and commands call.

A file is cut into blocks of whole records; a task reads each block, checks it and writes a Parquet part; the last one
to finish makes ONE commit of all parts. Nothing shows before that commit, and nothing is left if it never comes.
"""

from interactions.imports.hints import hints
from interactions.imports.inspection import Inspection, inspect
from interactions.imports.lifecycle import (
    begin,
    cancel,
    create_sample,
    received,
    retry,
    start,
    undo,
)
from interactions.imports.progress import Cause, Progress, causes, progress
from interactions.imports.removal import preview_undo
from interactions.imports.storage import rejected_path

__all__ = [
    "Cause",
    "Inspection",
    "Progress",
    "begin",
    "cancel",
    "causes",
    "create_sample",
    "hints",
    "inspect",
    "preview_undo",
    "progress",
    "received",
    "rejected_path",
    "retry",
    "start",
    "undo",
]
