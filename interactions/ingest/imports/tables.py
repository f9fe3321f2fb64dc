"""Imports of tables: detecting them, finding their mapping, and opening them.

A table is converted to records before it's cut into blocks; from then on it's imported like any other file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from django.conf import settings

from interactions.codec.source import NOT_JSON
from interactions.connectors import table
from interactions.connectors.table import Mapping, Reading, Sample, Table, Times
from interactions.connectors.table.utf8 import UTF_8
from interactions.errors import FileRefused, ImportStateError
from interactions.ingest.imports import storage
from interactions.ingest.imports.form import NO_RECORDS, TABLES, refused_by
from interactions.models import Environment, Import, SourceMapping
from interactions.unpack import Openable, UnpackedText, open_text

UNMAPPED: Final = (
    "This file is a table that no kept mapping fits: map its columns in the import wizard and keep the mapping there, "
    "or name one with --mapping."
)
_JSON: Final = "JSON"
_FEWEST: Final = 2  # columns that JSON must have to be a table
_RATIO_FROM: Final = 64 << 20  # bytes unpacked before a file can count as a zip bomb


def is_table(imp: Import) -> bool:
    return imp.format in TABLES


def opened(imp: Import, reading: Reading | None = None, look: Callable[[], None] | None = None) -> Table:
    """Open the file of an import as a table. Raises FileRefused if it isn't one."""
    return table.open_table(storage.upload_path(imp), reading, _text_of(imp, look))


def sample(imp: Import, reading: Reading | None = None) -> Sample:
    """The first rows of an import's table. Raises FileRefused."""
    return table.sample_of(opened(imp, reading))


def kind_of(imp: Import, refusal: FileRefused) -> str:
    """The kind of table of an import's file that was refused as JSON of interactions, with ``refusal``.

    Raises FileRefused if it isn't a table either, with the table's problem or ``refusal``.
    """
    if str(refusal) == NO_RECORDS:
        raise refusal
    try:
        found = sample(imp)
        if found.kind == _JSON and len(found.columns) < _FEWEST:
            raise refusal
        return found.kind
    except table.Empty as error:
        raise (error if error.has_header or isinstance(error, table.EmptyWorkbook) else refusal) from error
    except table.NoTable as error:
        raise _neither(refusal, error) from error


def _neither(refusal: FileRefused, error: table.NoTable) -> FileRefused:
    """Choose the reason for refusing a file that isn't JSON (``refusal``) and not a table either (``error``)."""
    before, is_said, reason = str(error).partition("The file is not a table: ")
    if str(refusal) == NOT_JSON and is_said and not before:
        return FileRefused(f"The file is neither JSON nor a table: {reason}")
    return refusal


def offered(imp: Import, found: Table | Sample, sheet: str = "") -> dict[str, Mapping]:
    """The mappings that fit an import's table, by name.

    The mapping of the import that rejected its rows comes first, then saved ones with exactly the same columns, then
    the newest. ``sheet`` is a workbook's; empty to use the one in each mapping.
    """
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
    """Adapt a mapping that was made for another table to this one."""
    reading = table.as_before(found, mapping.reading)
    reading = msgspec.structs.replace(reading, sheet=sheet or reading.sheet)
    return msgspec.structs.replace(mapping, reading=reading)


def _cells_of(reading: Reading) -> Reading:
    """The parts of a reading that determine the columns."""
    return msgspec.structs.replace(reading, encoding="")


def _columns(imp: Import, reading: Reading) -> list[str]:
    try:
        return opened(imp, reading).columns
    except FileRefused:  # the other sheet is empty
        return []


def _of_refusal(imp: Import) -> dict[str, Mapping]:
    """The mapping of the import that rejected the rows in this import's file, by name; empty if there is none."""
    if imp.format != _JSON or (number := refused_by(storage.upload_path(imp))) is None:
        return {}
    before = Import.objects.filter(environment=imp.environment_id, pk=number).exclude(mapping="").first()
    return {} if before is None else {f"As for {before.file_name} (import {number})": mapping_of(before.mapping)}


def in_zone(mapping: Mapping, zone: str) -> Mapping:
    """The mapping with a zone for times without an offset."""
    return msgspec.structs.replace(mapping, times=Times(mapping.times.form, zone))


def mapping_for(imp: Import, name: str, sheet: str = "") -> Mapping:
    """The environment's mapping with this name; without a name, the newest one that fits the import's file, or the
    suggested one of a table in Dojo's own form.

    ``sheet`` is a workbook's; empty to use the one in the mapping, or else the first with rows. Raises ImportStateError
    if there is no such mapping, FileRefused if the file can't be read.
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
    first = table.sample_of(found)
    if table.is_own(first, suggestion := table.suggested(first)):
        return suggestion
    raise ImportStateError(UNMAPPED)


def keep(environment: Environment, name: str, mapping: Mapping) -> SourceMapping:
    """Save a mapping under a name, replacing the previous one."""
    values = {"mapping": json_of(mapping), "shape": mapping.shape}
    return SourceMapping.objects.update_or_create(environment=environment, name=name[:80], defaults=values)[0]


def json_of(mapping: Mapping) -> str:
    return msgspec.json.encode(mapping).decode()


def mapping_of(json: str) -> Mapping:
    """Parse a saved mapping. Raises ImportStateError if this version can't read it."""
    try:
        return msgspec.json.decode(json, type=Mapping)
    except msgspec.MsgspecError as error:
        raise ImportStateError("The kept mapping is of another version: map the columns again.") from error


def require_mapped(imp: Import, mapping: Mapping) -> Mapping:
    """The mapping with the form of the times in an import's table.

    Raises FileRefused if it doesn't fit the table or leaves a question open.
    """
    found = sample(imp, mapping.reading)
    retimed = table.retimed(found, mapping)
    table.preview(found, retimed, 0)
    return retimed


def said_of_encoding(mapping: Mapping) -> str:
    """A sentence about the encoding in which a text is read, if it's one that can't be detected; else empty."""
    name = mapping.reading.encoding
    if name in ("", UTF_8) or name not in table.ENCODINGS:
        return ""
    return f"The file isn't in UTF-8, so it's read as {name}. Choose another encoding in the import wizard."


def _text_of(imp: Import, look: Callable[[], None] | None) -> Callable[[Openable], UnpackedText]:
    """A function that opens the text of a packed table, within the limits of all imports."""
    ratio = settings.IMPORT_UNPACK_RATIO
    sentence = f"The file unpacks to more than {ratio} times its size, which no data set does."
    most = max(_RATIO_FROM, imp.size * ratio)
    return lambda path: open_text(path, most=most, sentence=sentence, look=look, everything=True)
