"""Files that are tables: what they are, the mapping that they need, and their text in Dojo's own form.

A table is made into records before it is cut into blocks, so that from there on it goes the way of every file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from django.conf import settings

from interactions.codec.source import NOT_JSON
from interactions.connectors import table
from interactions.connectors.table import Mapping, Reading, Sample, Table, Times
from interactions.errors import FileRefused, ImportStateError
from interactions.ingest.imports import storage
from interactions.ingest.imports.form import NO_RECORDS, TABLES, refused_by
from interactions.models import Environment, Import, SourceMapping
from interactions.unpack import UnpackedText, open_text

UNMAPPED: Final = (
    "This file is a table that no kept mapping fits: map its columns in the import wizard and keep the mapping there, "
    "or name one with --mapping."
)
_JSON: Final = "JSON"
_FEWEST: Final = 2  # columns of JSON that is a table
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
    except table.Empty as error:
        raise (error if error.has_header else refusal) from error
    except table.NoTable as error:
        raise _neither(refusal, error) from error


def _neither(refusal: FileRefused, error: table.NoTable) -> FileRefused:
    """Why a file is refused that is no JSON, as ``refusal`` says, and no table either."""
    before, is_said, reason = str(error).partition("The file is not a table: ")
    if str(refusal) == NOT_JSON and is_said and not before:
        return FileRefused(f"The file is neither JSON nor a table: {reason}")
    return refusal


def offered(imp: Import, found: Table | Sample, sheet: str = "") -> dict[str, Mapping]:
    """The mappings that fit an import's table, by name: that of the import which refused its rows, then the kept ones,
    those of its very shape first, then the newest. ``sheet`` is that of a workbook; empty: as each mapping says."""
    shape = table.shape(found.columns)
    rows = sorted(imp.environment.mappings.order_by("-id"), key=lambda row: row.shape != shape)
    known = _of_refusal(imp) | {row.name: mapping_of(row.mapping) for row in rows}
    fitted = {name: fitted_to(mapping, found, sheet) for name, mapping in known.items()}
    columns_of = {_cells_of(found.reading): found.columns}
    for mapping in fitted.values():
        if _cells_of(mapping.reading) not in columns_of:
            columns_of[_cells_of(mapping.reading)] = _columns(imp, mapping.reading)
    return {
        name: mapping for name, mapping in fitted.items() if table.fits(mapping, columns_of[_cells_of(mapping.reading)])
    }


def fitted_to(mapping: Mapping, found: Table | Sample, sheet: str = "") -> Mapping:
    """A mapping that was made for another table, to read this one."""
    reading = table.as_before(found, mapping.reading)
    reading = msgspec.structs.replace(reading, sheet=sheet or reading.sheet)
    return msgspec.structs.replace(mapping, reading=reading)


def _cells_of(reading: Reading) -> Reading:
    """What of a reading decides which columns there are."""
    return msgspec.structs.replace(reading, encoding="")


def _columns(imp: Import, reading: Reading) -> list[str]:
    try:
        return opened(imp, reading).columns
    except FileRefused:  # the other sheet is empty
        return []


def _of_refusal(imp: Import) -> dict[str, Mapping]:
    """The mapping of the import that refused the rows of this one's file."""
    if imp.format != _JSON or (number := refused_by(storage.upload_path(imp))) is None:
        return {}
    before = Import.objects.filter(environment=imp.environment_id, pk=number).exclude(mapping="").first()
    return {} if before is None else {f"As for {before.file_name} (import {number})": mapping_of(before.mapping)}


def in_zone(mapping: Mapping, zone: str) -> Mapping:
    """The mapping with the zone of times that don't say theirs."""
    return msgspec.structs.replace(mapping, times=Times(mapping.times.form, zone))


def mapping_for(imp: Import, name: str, sheet: str = "") -> Mapping:
    """The mapping that an import's environment keeps under a name, or without one the newest that fits the file.

    ``sheet`` is that of a workbook; empty: as the mapping says, else the first with rows. Raises ImportStateError where
    there is none, FileRefused where the file can't be read.
    """
    found = opened(imp, Reading(sheet=sheet))
    if sheet and not found.sheets:
        raise ImportStateError(f"Only workbooks have sheets: this file is {found.kind}.")
    if name:
        row = imp.environment.mappings.filter(name=name).first()
        if row is None:
            raise ImportStateError(f'There is no mapping called "{name[:80]}" in {imp.environment.name}.')
        return fitted_to(mapping_of(row.mapping), found, sheet)
    for mapping in offered(imp, found, sheet).values():
        return mapping
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


def _text_of(imp: Import, look: Callable[[], None] | None) -> Callable[[Path], UnpackedText]:
    """Opens the text of a packed table, within the bounds of every import."""
    ratio = settings.IMPORT_UNPACK_RATIO
    sentence = f"The file unpacks to more than {ratio} times its size, which no data set does."
    most = max(_RATIO_FROM, imp.size * ratio)
    return lambda path: open_text(path, most=most, sentence=sentence, look=look, everything=True)
