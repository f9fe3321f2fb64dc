"""Read tables that are text: CSV, TSV and the like. DuckDB's sniffer finds the dialect, and Arrow reads the rows."""

from __future__ import annotations

import csv
import io
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Final

from interactions.codec.rejected import Rejected
from interactions.connectors.table import times
from interactions.connectors.table.ahead import Ahead
from interactions.connectors.table.errors import Empty, NoTable, OneColumn, RowTooLong
from interactions.connectors.table.first_rows import heading
from interactions.connectors.table.mapping import Reading
from interactions.connectors.table.rows import Rows, Text, cells_of, named, refused, words_of
from interactions.connectors.table.utf8 import ENCODINGS, MARK, WINDOWS, Utf8, encoding_of
from interactions.errors import FileRefused
from interactions.unpack import read

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import csv as pacsv

HEAD_BYTES: Final = 256 << 10
BLOCK: Final = 1 << 20
"""Bytes of text that are read at once. Larger blocks are a little faster and take more memory."""
LONGEST_ROW: Final = 8 << 20
"""If a row doesn't fit into blocks, they are of this size."""
_BLOCKS_AHEAD: Final = 2  # as many as the first batch needs: a third would take 18 MB, with all that is made of it
_HEAD_ROWS: Final = 200
_FEWEST: Final = 2  # columns of a table
_MOST_WORDS: Final = 0.1  # share of the rows of one column that may contain spaces; with more, the file is prose
_KINDS: Final = {",": "CSV", "\t": "TSV"}
_DELIMITERS: Final = (",", ";", "\t", "|")
_CONTROLS: Final = bytes({*range(32)} - {*b"\t\n\r"})
_NOT_UTF_8: Final = "It has bytes that aren't characters in the file's encoding."


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are separated; ``quote`` and ``escape`` are empty if there is none."""

    delimiter: str
    quote: str
    escape: str


class Separated:
    """A table that is text; ``text`` opens it and can be called repeatedly. ``first_rows`` are cells of its first."""

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
        if _is_prose(rows[begin.before :], begin.width):
            raise NoTable("The file is not a table: its lines read like text.")
        self.columns = named(begin.names(rows))
        self._titles, self.first_rows = rows[: begin.first], rows[begin.first :]
        self._skipped = ends[begin.first - 1] if begin.first else 0
        self._before = begin.first
        self._is_spaced = _are_spaced(rows[begin.before :])
        self.kind = _KINDS.get(self.dialect.delimiter, "CSV")
        self.reading = Reading(self.encoding, self.dialect.delimiter, begin.header_rows, max(1, begin.names_row))
        self.doubts = (("encoding",) if not known else ()) + (("header",) if begin.is_doubtful else ())

    def row_of(self, number: int) -> int:
        return self._before + number + 1

    def batches(self) -> Iterator[Rows]:
        import pyarrow as pa

        done = told = 0  # rows, and bytes
        for longest in (BLOCK, LONGEST_ROW):
            seen = 0
            try:
                for rows in self._read(longest):
                    seen += rows.size
                    if rows.first + rows.count > done:
                        yield replace(rows.since(done), size=seen - told)
                        done, told = rows.first + rows.count, seen
                return
            except pa.ArrowInvalid as error:
                if longest == LONGEST_ROW or not _is_too_long(error):
                    raise self._refusal(error) from error

    def texts(self) -> Iterator[pa.Array]:
        yield words_of(cell for row in self._titles for cell in row)
        for rows in self.batches():
            yield from cells_of(rows.table)
            yield words_of(rejected.text.decode(errors="replace") for rejected in rows.rejected)

    def _read(self, longest: int) -> Iterator[Rows]:
        """All rows, if none is longer than ``longest``. Raises Arrow's error."""
        with closing(self._text()) as opened:
            utf8 = Utf8(opened, self.encoding)
            read(utf8, self._skipped)
            bad: deque[pacsv.InvalidRow] = deque()
            ahead = Ahead(utf8, _BLOCKS_AHEAD)
            yield from self._numbered(ahead.counted(self._opened(ahead, longest, bad)), utf8, bad)

    def _opened(self, text: Ahead, longest: int, bad: deque[pacsv.InvalidRow]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa
        from pyarrow import csv as pacsv

        def keep(row: pacsv.InvalidRow) -> str:
            bad.append(row)
            return "skip"

        batches: Iterator[pa.RecordBatch] = pacsv.open_csv(
            pa.PythonFile(text, mode="r"),
            read_options=pacsv.ReadOptions(use_threads=False, block_size=longest, column_names=self.columns),
            parse_options=pacsv.ParseOptions(
                delimiter=self.dialect.delimiter,
                quote_char=self.dialect.quote or False,
                escape_char=self.dialect.escape or False,
                newlines_in_values=True,
                ignore_empty_lines=False,  # so that rows after them are numbered as in the file
                invalid_row_handler=keep,
            ),
            convert_options=pacsv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(self.columns, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
            memory_pool=_pool(),
        )
        return batches

    def _numbered(self, batches: Iterator[pa.RecordBatch], utf8: Utf8, bad: deque[pacsv.InvalidRow]) -> Iterator[Rows]:
        """The batches, each with the unreadable rows among its own."""
        import pyarrow as pa

        first = taken = 0
        for batch in batches:
            number = first + batch.num_rows
            odd = []
            while bad and bad[0].number - 1 <= number:
                odd.append(bad.popleft())
                number += 1
            table = pa.Table.from_batches([batch])  # not pa.table, which loads pandas
            if self._is_spaced:
                table = _trimmed(table)
            rows = _unblanked(Rows(table, first, utf8.taken - taken, *self._told_apart(odd)))
            taken = utf8.taken
            yield from (_unmarked(rows) if utf8.is_marked else [rows])
            first += rows.count
        if bad:
            none = pa.table({name: pa.array([], pa.string()) for name in self.columns})
            yield Rows(none, first, utf8.taken - taken, *self._told_apart(bad))

    def _told_apart(self, odd: Iterable[pacsv.InvalidRow]) -> tuple[list[Rejected], list[int]]:
        """The unreadable rows, and the numbers of blank lines."""
        unreadable: list[Rejected] = []
        blank: list[int] = []
        for row in odd:
            if row.text.strip():
                unreadable.append(self._refused(row))
            else:
                blank.append(row.number - 1)
        return unreadable, blank

    def _refused(self, row: pacsv.InvalidRow) -> Rejected:
        has, wanted = row.actual_columns, row.expected_columns
        rule = f"The row has {has:,} value{'' if has == 1 else 's'}, but the table has {wanted:,} columns."
        if self.dialect.quote and row.text.count(self.dialect.quote) % 2:
            lines = row.text.strip().count("\n") + 1
            goes_on = f", so it goes on for {lines:,} lines" if lines > 1 else ""
            rule = f"A quote that begins in this row is never closed{goes_on}."
        return refused(row.number - 1, row.text.replace(MARK, "\ufffd"), rule)

    def _refusal(self, error: Exception) -> FileRefused:
        said = str(error)
        if _is_too_long(error):
            return RowTooLong(LONGEST_ROW)
        if "Empty CSV" in said:
            return Empty(has_header=True)
        return NoTable(f"The file can't be read as {self.kind}: {said.partition(chr(10))[0][:200]}.")


def _is_too_long(error: Exception) -> bool:
    """Whether Arrow means that a row doesn't fit into two blocks."""
    return "straddl" in str(error) or "too large" in str(error)


def _pool() -> pa.MemoryPool:
    """Where batches lie. They are large and of any size, of which the C library makes pieces that it can't use again:
    half a gigabyte in a table of a million rows."""
    import pyarrow as pa

    return pa.jemalloc_memory_pool() if "jemalloc" in pa.supported_memory_backends() else pa.default_memory_pool()


def _trimmed(table: pa.Table) -> pa.Table:
    """The table without spaces around its cells."""
    import pyarrow as pa
    from pyarrow import compute as pc

    columns = [pc.ascii_trim(column, " ") for column in table.columns]
    none = pa.scalar(None, pa.string())
    return pa.table([pc.if_else(pc.equal(each, ""), none, each) for each in columns], table.column_names)


def _unblanked(rows: Rows) -> Rows:
    """The rows, with those without any value moved to the blank ones."""
    import numpy as np
    from pyarrow import compute as pc

    if not rows.table.num_rows or any(column.null_count == 0 for column in rows.table.columns):
        return rows
    empty = reduce(pc.and_, map(pc.is_null, rows.table.columns))
    numbers = rows.numbers()[np.asarray(empty)].tolist()
    return replace(rows, table=rows.table.filter(pc.invert(empty)), blank=sorted([*rows.blank, *numbers]))


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


def _are_spaced(rows: list[list[str]]) -> bool:
    """Whether each delimiter is followed by a space, which then belongs to it: ``a, b`` or ``| a | b |``."""
    cells = [cell for row in rows for cell in row[1:] if cell.strip()]
    return len(rows) > 1 and bool(cells) and all(cell.startswith(" ") for cell in cells)


def _are_values(rows: list[list[str]]) -> bool:
    """Whether rows of one cell are a column of values rather than lines of prose."""
    cells = [row[0].strip() for row in rows[1:] if row and row[0]]
    return bool(cells) and sum(" " in cell for cell in cells) <= _MOST_WORDS * len(cells)


def _is_prose(rows: list[list[str]], width: int) -> bool:
    """Whether rows are lines of prose with as many commas each: most cells of every column, and of the first row, are
    several words, and no times. Tables have a column of single words or times, or at least such names."""
    columns = [
        [row[place].strip() for row in rows if place < len(row) and row[place].strip()] for place in range(width)
    ]
    return all(
        sum(" " in cell for cell in cells) > len(cells) // 2 and not times.seen(cells).forms
        for cells in [*columns, [cell.strip() for cell in rows[0]]]
        if cells
    )


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
    delimiter, quote, escape = ("" if each == "(empty)" else each for each in found or (delimiter, '"', ""))
    if not said:
        delimiter = _likelier(delimiter, text)
    if len(delimiter) != 1:
        raise NoTable("The file is not a table: nothing separates its columns.")
    return Dialect(delimiter, quote or '"', "\\" if escape == "\\" else "")


def _likelier(found: str, text: str) -> str:
    """The delimiter that the sniffer ``found``, or another one if more lines have the same number of that one than have
    any of it: titles above a table can mislead the sniffer."""
    lines = [line for line in text.splitlines()[:_HEAD_ROWS] if line.strip()]

    def regular(delimiter: str) -> int:
        return max(Counter(line.count(delimiter) for line in lines if delimiter in line).values(), default=0)

    likeliest = max(_DELIMITERS, key=regular)
    has_it = sum(found in line for line in lines) if found else 0
    return likeliest if regular(likeliest) > has_it or not found else found


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
