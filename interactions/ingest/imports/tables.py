"""Files that are tables: what they are, the mapping that they need, and their text in Dojo's own form.

A table is made into records before it is cut into blocks, so that from there on it goes the way of every file.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from django.conf import settings

from interactions import identity
from interactions.connectors import Chunk, Skipped, table
from interactions.connectors.table import Mapping, Reading, Sample, Table, Times
from interactions.disk import PAUSED
from interactions.errors import DiskFull, FileRefused, ImportStateError
from interactions.ingest.imports import storage
from interactions.ingest.imports.events import note_skipped
from interactions.ingest.imports.form import NO_RECORDS, TABLES
from interactions.ingest.imports.rejects import Named, Rejects
from interactions.models import Block, Environment, Import, Problem, SourceMapping
from interactions.privacy import refused
from interactions.unpack import UnpackedText, open_text

UNMAPPED: Final = (
    "This file is a table that no kept mapping fits: map its columns in the import wizard and keep the mapping there, "
    "or name one with --mapping."
)
_JSON: Final = "JSON"
_FEWEST: Final = 2  # columns of JSON that is a table
_CLAIM: Final = "table"
_RATIO_FROM: Final = 64 << 20  # bytes unpacked before a file can be taken for a bomb


def is_table(imp: Import) -> bool:
    return imp.format in TABLES


def opened(imp: Import, reading: Reading | None = None, look: Callable[[], None] | None = None) -> Table:
    """The file of an import as a table. Raises FileRefused where it is none."""
    return table.open_table(storage.upload_path(imp), reading, _text_of(imp, look))


def sample(imp: Import, reading: Reading | None = None) -> Sample:
    """The first rows of an import's table. Raises FileRefused."""
    return table.sample_of(opened(imp, reading))


def kind_of(imp: Import, refusal: FileRefused) -> str:
    """What an import's file is, which isn't JSON as Dojo reads it, as ``refusal`` says.

    Raises FileRefused where it is no table either: what is wrong with the table, or the refusal.
    """
    if str(refusal) == NO_RECORDS:
        raise refusal
    try:
        found = sample(imp)
        if found.kind == _JSON and len(found.columns) < _FEWEST:
            raise refusal
        return found.kind
    except (table.NoTable, table.Empty) as error:
        raise (refusal if isinstance(error, table.NoTable) or not error.has_header else error) from error


def kept(environment: Environment, columns: list[str]) -> list[SourceMapping]:
    """The kept mappings that fit a table with these columns: those of its very shape first, then the newest."""
    shape = table.shape(columns)
    fitting = [row for row in environment.mappings.order_by("-id") if table.fits(mapping_of(row.mapping), columns)]
    return sorted(fitting, key=lambda row: row.shape != shape)


def in_zone(mapping: Mapping, zone: str) -> Mapping:
    """The mapping with the zone of times that don't say theirs."""
    return msgspec.structs.replace(mapping, times=Times(mapping.times.form, zone))


def mapping_for(imp: Import, name: str) -> Mapping:
    """The mapping that an import's environment keeps under a name, or without one the newest that fits the file.

    Raises ImportStateError where there is none.
    """
    if name:
        row = imp.environment.mappings.filter(name=name).first()
        if row is None:
            raise ImportStateError(f'There is no mapping called "{name[:80]}" in {imp.environment.name}.')
        return mapping_of(row.mapping)
    for row in kept(imp.environment, opened(imp).columns):
        return mapping_of(row.mapping)
    raise ImportStateError(UNMAPPED)


def keep(environment: Environment, name: str, mapping: Mapping) -> SourceMapping:
    """Keep a mapping under a name, in place of what was kept under it."""
    values = {"mapping": json_of(mapping), "shape": mapping.shape}
    return SourceMapping.objects.update_or_create(environment=environment, name=name[:80], defaults=values)[0]


def json_of(mapping: Mapping) -> str:
    return msgspec.json.encode(mapping).decode()


def mapping_of(json: str) -> Mapping:
    """The mapping that was kept as JSON. Raises ImportStateError where it is none of this version's."""
    try:
        return msgspec.json.decode(json, type=Mapping)
    except msgspec.MsgspecError as error:
        raise ImportStateError("The kept mapping is of another version: map the columns again.") from error


def require_mapped(imp: Import, mapping: Mapping) -> None:
    """Raises FileRefused where a mapping doesn't fit an import's table, or leaves open what only a person can say."""
    table.preview(sample(imp, mapping.reading), mapping, 0)


@dataclass(slots=True)
class Apart:
    """The rows of a table that bring no record: ``rejected`` ones, and ``skipped`` ones by name."""

    rejects: Rejects
    rejected: int = 0
    skipped: Counter[Skipped] = field(default_factory=Counter)

    def note(self, block: Block) -> None:
        """Save what was counted, as a block of its own that has no text."""
        block.rejected, block.skipped = self.rejected, self.skipped.total()
        block.records = block.rejected + block.skipped
        block.save()
        Problem.objects.bulk_create(self.rejects.problems(block))
        note_skipped(block, self.skipped)


def block_apart(imp: Import) -> Block:
    """The block that stands for the rows apart: the first, so that no block that is read anew takes it away."""
    return Block(of=imp, number=0, start=0, end=0, state=Block.State.DONE, claim=_CLAIM)


def write(imp: Import, look: Callable[[], None]) -> Apart:
    """Write the text of a table's import in Dojo's own form; answers what isn't in it.

    ``look`` is called again and again and may raise. Raises FileRefused, DiskFull.
    """
    mapping = mapping_of(imp.mapping)
    people = Named(refused(imp.environment_id), imp.created_at, identity.keyring())
    text = storage.text_path(imp)
    draft = text.with_name(f"text.{uuid.uuid4().hex}.draft")
    with Rejects(storage.rejects_path(block_apart(imp)), people) as rejects:
        apart = Apart(rejects)
        try:
            with draft.open("wb") as file:
                for chunk in table.Records(opened(imp, mapping.reading, look), mapping):
                    look()
                    _add(chunk, file, apart)
            if not draft.stat().st_size:
                raise FileRefused(_nothing(apart))
            draft.replace(text)
        finally:
            draft.unlink(missing_ok=True)
    return apart


def _add(chunk: Chunk, file: BinaryIO, apart: Apart) -> None:
    if storage.free_bytes() < len(chunk.lines):
        raise DiskFull(PAUSED)
    file.write(chunk.lines)
    apart.skipped += chunk.skipped
    apart.rejected += len(chunk.rejected)
    for rejected in chunk.rejected:
        apart.rejects.add(rejected)


def _nothing(apart: Apart) -> str:
    return (
        "No row of the table stands for an interaction: "
        f"{apart.skipped.total():,} were skipped, and {apart.rejected:,} can't be read."
    )


def _text_of(imp: Import, look: Callable[[], None] | None) -> Callable[[Path], UnpackedText]:
    """Opens the text of a packed table, within the bounds of every import."""
    ratio = settings.IMPORT_UNPACK_RATIO
    sentence = f"The file unpacks to more than {ratio} times its size, which no data set does."
    most = max(_RATIO_FROM, imp.size * ratio)
    return lambda path: open_text(path, most=most, sentence=sentence, look=look, everything=True)
