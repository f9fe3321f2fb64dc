"""Read ids from a pasted list, a text file or a CSV file of any length, line by line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from interactions.csv_cells import as_it_was
from interactions.errors import DojoError
from interactions.privacy.ids import Id

_SEPARATORS: Final = (",", ";", "\t")


class NoList(DojoError):
    """The text isn't a list of ids."""


def ids(lines: Iterable[str], *, anonymous: bool = False) -> Iterator[Id]:
    """The ids, in order and exactly as written, possibly with repetitions. Raises NoList.

    If the first line has a column ``user_id`` or ``anonymous_id``, the text is CSV (comma, semicolon or tab) and these
    columns are read; an apostrophe that our own CSV files put before a formula is removed. Any other text has one id
    per line, of the kind given by ``anonymous``; commas, quotes and spaces are part of it. Empty lines are ignored.
    """
    text = _checked(lines)
    first = next((line for line in text if line.strip()), None)
    if first is None:
        return
    separator, columns = _heading(first)
    if columns:
        yield from _from_columns(chain([first], text), separator, columns)
    else:
        yield from _one_a_line(chain([first], text), anonymous=anonymous)


def _checked(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if "\x00" in line:
            raise NoList("This isn't a text file.")
        yield line.removeprefix("\ufeff") if number == 0 else line


def _heading(line: str) -> tuple[str, dict[int, bool]]:
    """The separator, and the columns of ids by position, with whether they are anonymous ids; no columns without a
    heading.
    """
    for separator in _SEPARATORS:
        names = [name.strip().strip('"').lower().replace(" ", "_") for name in line.strip().split(separator)]
        columns = {at: name == "anonymous_id" for at, name in enumerate(names) if name in ("user_id", "anonymous_id")}
        if columns:
            return separator, columns
    return ",", {}


def _one_a_line(lines: Iterable[str], *, anonymous: bool) -> Iterator[Id]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _sized(Id(line.rstrip("\r\n"), anonymous), number)


def _from_columns(lines: Iterable[str], separator: str, columns: dict[int, bool]) -> Iterator[Id]:
    rows = csv.reader(lines, delimiter=separator, strict=True)
    try:
        width = len(next(rows))
        for row in rows:
            if len(row) > width:
                raise NoList(
                    f"Line {rows.line_num} has more columns than the first line. "
                    f"Put double quotes around an id that holds {_NAMES[separator]}."
                )
            for at, is_anonymous in columns.items():
                if at < len(row) and row[at]:
                    yield _sized(Id(as_it_was(row[at]), is_anonymous), rows.line_num)
    except csv.Error as error:
        raise NoList(f"Line {rows.line_num} is not CSV: its quotes do not match.") from error


_NAMES: Final = {",": "a comma", ";": "a semicolon", "\t": "a tab"}


def _sized(identifier: Id, line: int) -> Id:
    if len(identifier.text) > identifier.longest:
        raise NoList(f"Line {line}: no {identifier.kind} has more than {identifier.longest:,} characters.")
    return identifier
