"""Write a table's records as text in Dojo's own form, and count the rows that were skipped or can't be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from dojo import memory
from dojo.cores import cores
from interactions import identity
from interactions.connectors import Chunk, Skipped, table
from interactions.disk import PAUSED
from interactions.errors import DiskFull, FileRefused
from interactions.ingest.imports import storage, tables
from interactions.ingest.imports.events import note_skipped
from interactions.ingest.imports.rejects import Named, Rejects
from interactions.ingest.imports.table_rows import RowNumbers
from interactions.models import Block, Import, Problem
from interactions.packed_text import PackedWriter
from interactions.privacy import refused

_CLAIM: Final = "table"
_MOST_THREADS: Final = 4  # of one table, besides the one that writes: other imports go on beside it


@dataclass(slots=True)
class Apart:
    """The rows of a table without a record: ``rejected`` ones, and ``skipped`` ones by name."""

    rejects: Rejects
    rejected: int = 0
    skipped: Counter[Skipped] = field(default_factory=Counter)

    def note(self, block: Block) -> None:
        """Save the counts in a block without text."""
        block.rejected, block.skipped = self.rejected, self.skipped.total()
        block.records = block.rejected + block.skipped
        block.save()
        Problem.objects.bulk_create(self.rejects.problems(block))
        note_skipped(block, self.skipped)


def block_apart(imp: Import) -> Block:
    """The block for rows without a record. It comes first, so that reading other blocks again doesn't remove it."""
    return Block(of=imp, number=0, start=0, end=0, state=Block.State.DONE, claim=_CLAIM)


def write(imp: Import, look: Callable[[], None]) -> Apart:
    """Write the text of a table's import in Dojo's own form; returns the rows without a record.

    ``look`` is called repeatedly and may raise to stop. Raises FileRefused, DiskFull.
    """
    mapping = tables.mapping_of(imp.mapping)
    people = Named(refused(imp.environment_id), imp.created_at, identity.keyring())
    text, refused_rows = storage.written_text_path(imp), storage.rejects_path(block_apart(imp))
    with (
        memory.uncollected(),
        storage.made(refused_rows) as path,
        storage.made(storage.rows_path(imp)) as numbers,
        Rejects(path, people) as rejects,
        RowNumbers(numbers) as rows,
        storage.written(text) as file,
    ):
        packed, apart = PackedWriter(file), Apart(rejects)
        records = table.Records(
            tables.opened(imp, mapping.reading, look), mapping, min(_MOST_THREADS, max(1, cores() - 1))
        )
        with ThreadPoolExecutor(1, thread_name_prefix="writing") as writer:
            before: Future[None] | None = None
            for chunk in records:
                look()
                if before is not None:
                    before.result()
                before = writer.submit(_add, chunk, packed, apart)
                rows.add(chunk)
            if before is not None:
                before.result()
        if not packed.size:
            raise FileRefused(_nothing(apart))
        packed.finish()
    memory.give_back()  # the threads' pieces, which reading the blocks can't use again
    return apart


def _add(chunk: Chunk, text: PackedWriter, apart: Apart) -> None:
    if storage.free_bytes() < len(chunk.lines):
        raise DiskFull(PAUSED)
    text.write(chunk.lines)
    apart.skipped += chunk.skipped
    apart.rejected += len(chunk.rejected)
    for rejected in chunk.rejected:
        apart.rejects.add(rejected)


def _nothing(apart: Apart) -> str:
    return (
        "No row of the table stands for an interaction: "
        f"{apart.skipped.total():,} were skipped, and {apart.rejected:,} can't be read."
    )
