"""Read user ids from what people have: a pasted list, a text file, a CSV file; of any length, a line at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Final

from interactions.codec.spreadsheet import as_it_was
from interactions.erasure.requesting import LONGEST_ID
from interactions.errors import DojoError

_NAMES: Final = ("user_id", "userid", "user id")
_SEPARATORS: Final = (";", "\t", ",")


class NoList(DojoError):
    """A text that is no list of user ids."""


def user_ids(lines: Iterable[str]) -> Iterator[str]:
    """The ids, in order, as they are written; each may come again.

    They stand in the column called user_id where the first line has one, else in the first column; columns are
    separated by comma, semicolon or tab, and may be quoted. Blank lines are passed over. In a column called user_id,
    an apostrophe that our own CSV files put before a formula is taken off again. Raises NoList.
    """
    filled = (line for line in _cleaned(lines) if line.strip())
    first = next(filled, None)
    if first is None:
        return
    separator = next((each for each in _SEPARATORS if each in first), ",")
    rows = csv.reader(_chained(first, filled), delimiter=separator, skipinitialspace=True, strict=True)
    column, is_named = 0, False
    try:
        for number, row in enumerate(rows, start=1):
            if number == 1 and (heading := _heading(row)) is not None:
                column, is_named = heading, True
                continue
            identifier = row[column].strip() if len(row) > column else ""
            if len(identifier) > LONGEST_ID:
                raise NoList(f"Line {number} has more than {LONGEST_ID} characters where a user id should stand.")
            if identifier:
                yield as_it_was(identifier) if is_named else identifier
    except csv.Error as error:
        raise NoList(f"Line {rows.line_num} is not what a list or a CSV file has: its quotes do not match.") from error


def _cleaned(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if "\x00" in line:
            raise NoList("This is no text file.")
        yield line.removeprefix("\ufeff")


def _chained(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _heading(row: list[str]) -> int | None:
    names = [name.strip().lower() for name in row]
    return next((names.index(name) for name in _NAMES if name in names), None)
