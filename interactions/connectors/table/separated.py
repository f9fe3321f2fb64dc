"""Read tables that are text: CSV, TSV and the like. DuckDB's sniffer finds the dialect, and Arrow reads the rows."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from interactions.connectors.table.errors import Empty, NoTable, OneColumn, RowTooLong
from interactions.connectors.table.first_rows import heading
from interactions.connectors.table.mapping import Reading
from interactions.connectors.table.rows import Rows, Text, named, refused
from interactions.connectors.table.utf8 import ENCODINGS, MARK, WINDOWS, Utf8, encoding_of
from interactions.errors import FileRefused
from interactions.unpack import read

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import csv as pacsv

HEAD_BYTES: Final = 256 << 10
LONGEST_ROW: Final = 8 << 20
"""Bytes of text read at once, and so the length of the longest row."""
_HEAD_ROWS: Final = 200
_FEWEST: Final = 2  # columns of a table
_MOST_WORDS: Final = 0.1  # share of the rows of one column that may contain spaces; with more, the file is prose
_KINDS: Final = {",": "CSV", "\t": "TSV"}
_DELIMITERS: Final = (",", ";", "\t", "|")
_CONTROLS: Final = bytes({*range(32)} - {*b"\t\n\r"})
_NOT_UTF_8: Final = "It has bytes that are no characters in the file's encoding."


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are separated; ``quote`` and ``escape`` are empty if there is none."""

    delimiter: str
    quote: str
    escape: str


class Separated:
    """A table that is text; ``text`` opens it and can be called repeatedly."""

    left_out: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()

    def __init__(self, text: Callable[[], Text], reading: Reading) -> None:
        """Raises FileRefused if the text isn't a table or has no rows."""
        self._text = text
        with closing(text()) as opened:
            head = read(opened, HEAD_BYTES)
        known = encoding_of(head)
        self.encoding = reading.encoding or known or WINDOWS
        head_text = _decoded(head, self.encoding)
        self.dialect = _sniffed(head_text, reading.delimiter, is_whole=len(head) < HEAD_BYTES)
        rows, ends = _rows(head_text, self.dialect, is_whole=len(head) < HEAD_BYTES)
        if not any(map(any, rows)):
            raise Empty(has_header=False) if len(head) < HEAD_BYTES else RowTooLong(LONGEST_ROW)
        begin = heading(rows, reading)
        if begin.width < _FEWEST and _are_values(rows):
            raise OneColumn
        if begin.width < _FEWEST or not begin.is_regular:
            raise NoTable("The file is not a table: its lines don't have the same columns.")
        self.columns = named(begin.names(rows))
        self._skipped = ends[begin.first - 1] if begin.first else 0
        self._before = begin.first
        self.kind = _KINDS.get(self.dialect.delimiter, "CSV")
        self.reading = Reading(self.encoding, self.dialect.delimiter, begin.header_rows, max(1, begin.names_row))
        self.doubts = (("encoding",) if not known else ()) + (("header",) if begin.is_doubtful else ())

    def row_of(self, number: int) -> int:
        return self._before + number + 1

    def batches(self) -> Iterator[Rows]:
        import pyarrow as pa

        with closing(self._text()) as opened:
            utf8 = Utf8(opened, self.encoding)
            read(utf8, self._skipped)
            bad: list[pacsv.InvalidRow] = []
            try:
                yield from self._numbered(self._opened(utf8, bad), utf8, bad)
            except pa.ArrowInvalid as error:
                raise self._refusal(error) from error

    def _opened(self, utf8: Utf8, bad: list[pacsv.InvalidRow]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa
        from pyarrow import csv as pacsv

        def keep(row: pacsv.InvalidRow) -> str:
            bad.append(row)
            return "skip"

        batches: Iterator[pa.RecordBatch] = pacsv.open_csv(
            pa.PythonFile(utf8, mode="r"),
            read_options=pacsv.ReadOptions(use_threads=False, block_size=LONGEST_ROW, column_names=self.columns),
            parse_options=pacsv.ParseOptions(
                delimiter=self.dialect.delimiter,
                quote_char=self.dialect.quote or False,
                escape_char=self.dialect.escape or False,
                newlines_in_values=True,
                invalid_row_handler=keep,
            ),
            convert_options=pacsv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(self.columns, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
        return batches

    def _numbered(self, batches: Iterator[pa.RecordBatch], utf8: Utf8, bad: list[pacsv.InvalidRow]) -> Iterator[Rows]:
        """The batches, each with the unreadable rows among its own."""
        import pyarrow as pa

        first = taken = 0
        for batch in batches:
            number = first + batch.num_rows
            rejected = []
            while bad and bad[0].number - 1 <= number:
                rejected.append(self._refused(bad.pop(0)))
                number += 1
            rows = Rows(pa.table(batch), first, utf8.taken - taken, rejected)
            taken = utf8.taken
            yield from (_unmarked(rows) if utf8.is_marked else [rows])
            first += rows.count
        if bad:
            none = pa.table({name: pa.array([], pa.string()) for name in self.columns})
            yield Rows(none, first, utf8.taken - taken, [self._refused(row) for row in bad])

    def _refused(self, row: Any) -> Any:
        has, wanted = row.actual_columns, row.expected_columns
        rule = f"The row has {has:,} value{'' if has == 1 else 's'}, but the table has {wanted:,} columns."
        if self.dialect.quote and row.text.count(self.dialect.quote) % 2:
            rule = "A quote that begins in this row is never closed."
        return refused(row.number - 1, row.text.replace(MARK, "\ufffd"), rule)

    def _refusal(self, error: Exception) -> FileRefused:
        said = str(error)
        if "straddl" in said or "too large" in said:
            return RowTooLong(LONGEST_ROW)
        if "Empty CSV" in said:
            return Empty(has_header=True)
        return NoTable(f"The file can't be read as {self.kind}: {said.partition(chr(10))[0][:200]}.")


def _unmarked(rows: Rows) -> Iterator[Rows]:
    """The rows, with those that contain bytes outside the encoding moved to the rejected ones."""
    import pyarrow as pa
    from pyarrow import compute as pc

    marked = pa.array([False] * rows.table.num_rows)
    for column in rows.table.columns:
        marked = pc.or_(marked, pc.match_substring(column, MARK).combine_chunks())
    numbers = rows.numbers().tolist()
    refusals = [
        refused(numbers[row], rows.text(row).decode().replace(MARK, "\ufffd"), _NOT_UTF_8)
        for row, is_bad in enumerate(marked.to_pylist())
        if is_bad
    ]
    rejected = sorted([*rows.rejected, *refusals], key=lambda each: each.index)
    yield replace(rows, table=rows.table.filter(pc.invert(marked)), rejected=rejected)


def _are_values(rows: list[list[str]]) -> bool:
    """Whether rows of one cell are a column of values rather than lines of prose."""
    cells = [row[0].strip() for row in rows[1:] if row and row[0]]
    return bool(cells) and sum(" " in cell for cell in cells) <= _MOST_WORDS * len(cells)


def _decoded(head: bytes, encoding: str) -> str:
    """Decode the beginning of a file. Raises NoTable if it isn't text or the encoding is unknown."""
    if encoding not in ENCODINGS:
        raise NoTable(f'The encoding "{encoding[:40]}" is unknown.')
    if len(head.translate(None, _CONTROLS)) < 0.95 * len(head):
        raise NoTable("The file is not text.")
    return read(Utf8(io.BytesIO(head), encoding), 8 * len(head)).decode()


def _sniffed(text: str, delimiter: str, *, is_whole: bool) -> Dialect:
    """The dialect that DuckDB's sniffer finds, with ``delimiter`` if it's given. Raises NoTable."""
    import duckdb

    whole_lines = text if is_whole else text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    with tempfile.NamedTemporaryFile(suffix=".csv") as file, duckdb.connect() as engine:
        file.write(whole_lines.encode())
        file.flush()
        said = {"delim": delimiter} if delimiter else {}
        options = "".join(f", {name}=?" for name in said)
        try:
            found = engine.execute(
                f"SELECT Delimiter, Quote, Escape FROM sniff_csv(?, ignore_errors=true{options})",  # noqa: S608 - our own names
                [file.name, *said.values()],
            ).fetchone()
        except duckdb.Error:
            found = None
    delimiter, quote, escape = ("" if each == "(empty)" else each for each in found or (_commonest(text), '"', ""))
    if len(delimiter) != 1:
        raise NoTable("The file is not a table: nothing separates its columns.")
    return Dialect(delimiter, quote or '"', "\\" if escape == "\\" else "")


def _commonest(text: str) -> str:
    """The delimiter of the first row's cells, in case the sniffer finds none."""
    line = text.partition("\n")[0]
    return max(_DELIMITERS, key=line.count)


def _rows(text: str, dialect: Dialect, *, is_whole: bool) -> tuple[list[list[str]], list[int]]:
    """The first rows, and where each ends, in bytes of UTF-8. If the text is cut, the last row is left out."""
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        escapechar=dialect.escape or None,
        doublequote=not dialect.escape,
    )
    rows: list[list[str]] = []
    ends: list[int] = []
    end = line = 0
    try:
        for row in reader:
            end += sum(len(each.encode()) for each in lines[line : reader.line_num])
            line = reader.line_num
            rows.append(row)
            ends.append(end)
            if len(rows) > _HEAD_ROWS:
                break
    except csv.Error:
        pass  # a cell of more than 128 KB; the rows before it are enough
    if not is_whole and line == len(lines):
        del rows[-1:], ends[-1:]
    return rows, ends
