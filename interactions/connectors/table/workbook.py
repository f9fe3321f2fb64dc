"""Read workbooks of Excel and LibreOffice with calamine: the cells of a sheet as texts."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from interactions.connectors.table.errors import Damaged, Empty, EmptyWorkbook, Encrypted, NoTable
from interactions.connectors.table.first_rows import heading
from interactions.connectors.table.mapping import Reading
from interactions.connectors.table.rows import BATCH_ROWS, Rows, named, words_of
from interactions.unpack import Openable

if TYPE_CHECKING:
    import pyarrow as pa

ZIP: Final = b"PK\x03\x04"
OFFICE: Final = b"\xd0\xcf\x11\xe0"
"""The first bytes of old workbooks, and of encrypted ones."""
MOST_CELLS: Final = 20_000_000
"""Most cells of a sheet, which is kept in memory from its first cell to its last."""
MOST_BYTES: Final = 1 << 30
_HEAD_ROWS: Final = 200
_HIDDEN: Final = "encrypted-package"  # LibreOffice's
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_SHEET: Final = re.compile(r"(?:xl/worksheets/.*\.xml|xl/.*\.bin|content\.xml)")
_CELL: Final = re.compile(rb'<(?:\w+:)?c [^>]{0,200}?r="([A-Z]{1,3})(\d{1,7})"')


def is_workbook(path: Openable) -> bool:
    """Whether a file that begins like a zip archive is a workbook."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        with path.open("rb") as file:  # a truncated archive has lost its list of names
            return b"[Content_Types].xml" in file.read(4096)
    return bool(names & {"xl/workbook.xml", "xl/workbook.bin", _HIDDEN}) or {"content.xml", "mimetype"} <= names


@dataclass(frozen=True, slots=True)
class _Cells:
    """A sheet's rows from the ``first`` that has a cell, numbered from 1."""

    rows: list[list[Any]]
    first: int


class Workbook:
    """A workbook on disk. One sheet of it is read: the chosen one, or else the first with rows."""

    kind = "Excel"
    left_out: tuple[str, ...] = ()

    def __init__(self, path: Openable, reading: Reading) -> None:
        """Raises FileRefused if it can't be read, is encrypted, or has no rows."""
        _require_bearable(path)
        self.sheets, found, sheet = _opened(path, reading.sheet)
        places = [place for place, row in enumerate(found.rows) if any(cell is not None for cell in row)]
        rows = [found.rows[place] for place in places]
        texts = [[_shown(cell) for cell in row] for row in rows[:_HEAD_ROWS]]
        if not texts:
            raise EmptyWorkbook
        begin = heading(texts, reading)
        self._rows = rows[begin.first :]
        self._numbers = [found.first + place for place in places[begin.first :]]
        with path.open("rb") as file:
            self._size = file.seek(0, os.SEEK_END)
        self._path = path
        self.columns = named(begin.names(texts))
        if not self._rows:
            raise Empty(has_header=True)
        self.reading = Reading("", "", begin.header_rows, max(1, begin.names_row), sheet)
        self.doubts = (("header",) if begin.is_doubtful else ()) + (("sheet",) if len(self.sheets) > 1 else ())

    def row_of(self, number: int) -> int:
        return self._numbers[number]

    def batches(self) -> Iterator[Rows]:
        import pyarrow as pa

        for first in range(0, len(self._rows), BATCH_ROWS):
            rows = self._rows[first : first + BATCH_ROWS]
            cells = {
                name: pa.array([_shown(row[place]) if place < len(row) else None for row in rows], pa.string())
                for place, name in enumerate(self.columns)
            }
            yield Rows(pa.table(cells), first, self._size * len(rows) // len(self._rows))

    def texts(self) -> Iterator[pa.Array]:
        import pyarrow as pa

        for name in self.sheets:
            _, found, _ = _opened(self._path, name)
            yield words_of(_shown(cell) for row in found.rows[:_HEAD_ROWS] for cell in row)
            for first in range(0, len(found.rows), BATCH_ROWS):
                rows = found.rows[first : first + BATCH_ROWS]
                yield pa.array({_shown(cell) for row in rows for cell in row if cell is not None}, pa.string())


def _require_bearable(path: Openable) -> None:
    """Raises FileRefused if a workbook is encrypted or would take too much memory."""
    with path.open("rb") as file:
        if file.read(4) == OFFICE:
            _require_open(file.read(1 << 20))
            return
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            if _HIDDEN in archive.namelist():
                raise Encrypted
            parts = [part for part in archive.infolist() if _SHEET.fullmatch(part.filename)]
            if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                raise NoTable("The workbook unpacks to more than 1 GB: save it as CSV.")
            for part in parts:
                if part.filename.endswith(".xml"):
                    _require_small(archive, part)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise Damaged("workbook") from error


def _require_open(head: bytes) -> None:
    if _ENCRYPTED in head:
        raise Encrypted


def _require_small(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Raises NoTable if there are too many cells from the first to the last, empty ones included."""
    height = width = 0
    before = b""
    with archive.open(part) as sheet:
        while piece := sheet.read(1 << 20):
            for letters, digits in _CELL.findall(before + piece):
                height, width = max(height, int(digits)), max(width, _place(letters))
            before = piece[-256:]
    if height * width > MOST_CELLS:
        raise NoTable(f"A sheet of the workbook has {height:,} rows and {width:,} columns: save it as CSV.")


def _place(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = 26 * place + letter - 64
    return place


def _opened(path: Openable, wanted: str) -> tuple[tuple[str, ...], _Cells, str]:
    """The names of the sheets, and the cells and the name of the one to read; rows are empty where none has any."""
    import python_calamine as calamine

    try:
        with path.open("rb") as file, calamine.CalamineWorkbook.from_filelike(file) as book:
            names = tuple(book.sheet_names)
            if wanted and wanted not in names:
                raise NoTable(f'The workbook has no sheet "{wanted[:60]}".')
            for name in (wanted,) if wanted else names:
                cells = _read(book.get_sheet_by_name(name))
                if cells.rows or name == (wanted or names[-1]):
                    return names, cells, name
    except calamine.PasswordError as error:
        raise Encrypted from error
    except (calamine.CalamineError, OSError) as error:
        raise Damaged("workbook") from error
    raise EmptyWorkbook


def _read(sheet: Any) -> _Cells:
    rows = [[None if cell == "" else cell for cell in row] for row in sheet.to_python(skip_empty_area=True)]
    return _Cells(rows, sheet.start[0] + 1 if sheet.start else 1)


def _shown(cell: Any) -> str:
    """A cell as it would be in a CSV file. Whole numbers have no fraction, because they may be ids."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1 << 53 else repr(cell)
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell.total_seconds())
    return str(cell)
