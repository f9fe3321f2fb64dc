"""Read names of products from a CSV or JSON file, row by row."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from interactions.contract.schema import FIELDS
from interactions.csv_cells import as_it_was
from interactions.errors import DojoError

MOST_NAMES: Final = 2_000_000
LONGEST_NAME: Final = 300
_LONGEST_ID: Final = FIELDS["product_ids"].longest or 512
_SHOWN: Final = 20  # refused rows
_SEPARATORS: Final = ("\t", ";", ",")
_IDS: Final = ("product_id", "id", "sku", "item_id", "variant_id", "product")
_NAMES: Final = ("name", "title", "product_name", "product_title", "item_name")


class NotNames(DojoError):
    """The file has no names of products."""


@dataclass(slots=True)
class ReadNames:
    """The names by product id. If a product has several, the last one counts; the others are ``repeated``.

    ``refused`` counts rows without an id or a name; ``refusals`` are the first of them, as number and sentence.
    """

    by_id: dict[str, str] = field(default_factory=dict)
    repeated: int = 0
    refused: int = 0
    refusals: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, identifier: Any, name: Any) -> None:
        """Take a row, or refuse it. Raises NotNames if there are too many."""
        trouble = _trouble(identifier, name)
        if trouble:
            self.refused += 1
            if len(self.refusals) < _SHOWN:
                self.refusals.append((number, trouble))
            return
        self.repeated += identifier in self.by_id
        self.by_id[identifier] = name.strip()
        if len(self.by_id) > MOST_NAMES:
            raise NotNames(f"The file names more than {MOST_NAMES:,} products.")


def _trouble(identifier: Any, name: Any) -> str:
    if not isinstance(identifier, str) or not identifier:
        return "It has no product id."
    if len(identifier) > _LONGEST_ID:
        return f"No product id has more than {_LONGEST_ID:,} characters."
    if not isinstance(name, str) or not name.strip():
        return "It has no name."
    if len(name.strip()) > LONGEST_NAME:
        return f"The name has more than {LONGEST_NAME} characters."
    return "It has characters that can't be stored." if "\x00" in identifier + name else ""


def read(content: bytes) -> ReadNames:
    """Read a file. Raises NotNames.

    JSON is an object of names by id, a list of objects, or one object a line; CSV has two columns, or more with a
    heading that says which. Rows of CSV are numbered by line, those of JSON by record, from 1.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotNames("The file isn't UTF-8 text. Save it as CSV in UTF-8, or as JSON.") from error
    found = ReadNames()
    rows = _of_json(text) if text.lstrip()[:1] in ("{", "[") else _of_csv(text)
    for number, identifier, name in rows:
        found.add(number, identifier, name)
    if not found.by_id:
        first = f" Row {found.refusals[0][0]}: {found.refusals[0][1]}" if found.refusals else ""
        raise NotNames(f"The file has no product with a name.{first}")
    return found


Rows = Iterator[tuple[int, Any, Any]]


def _of_json(text: str) -> Rows:
    try:
        given = json.loads(text)
    except RecursionError as error:
        raise NotNames("The file isn't JSON that Dojo can read: it's nested too deeply.") from error
    except ValueError:
        return _of_lines(text)
    if isinstance(given, dict):
        if all(isinstance(name, str) for name in given.values()) and not _is_record(given):
            return ((number, identifier, name) for number, (identifier, name) in enumerate(given.items(), 1))
        given = next((each for each in given.values() if isinstance(each, list)), [given])
    return _of_objects(given)


def _of_lines(text: str) -> Rows:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield from ((number, identifier, name) for _, identifier, name in _of_objects([json.loads(line)]))
            except (ValueError, RecursionError) as error:
                raise NotNames(f"Line {number} isn't JSON.") from error


def _of_objects(given: Iterable[Any]) -> Rows:
    for number, each in enumerate(given, 1):
        if isinstance(each, dict):
            yield number, _first(each, _IDS), _first(each, _NAMES)
        else:
            yield number, None, None


def _is_record(given: dict[str, Any]) -> bool:
    return any(name in given for name in _IDS) and any(name in given for name in _NAMES)


def _first(given: dict[str, Any], names: Iterable[str]) -> Any:
    """The first of these fields; a number as text."""
    value = next((given[name] for name in names if given.get(name) is not None), None)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _of_csv(text: str) -> Rows:
    lines = text.splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), "")
    separator = next((each for each in _SEPARATORS if each in first), ",")
    rows = csv.reader(lines, delimiter=separator, strict=True)
    try:
        heading = next((row for row in rows if any(cell.strip() for cell in row)), [])
        at_id, at_name, is_heading = _columns(heading)
        for row in rows if is_heading else chain([heading], rows):
            if any(cell.strip() for cell in row):
                identifier, name = (as_it_was(row[at]) if at < len(row) else "" for at in (at_id, at_name))
                yield rows.line_num, identifier, name
    except csv.Error as error:
        raise NotNames(f"Line {rows.line_num} isn't CSV: its quotes don't match, or a cell is too long.") from error


def _columns(heading: list[str]) -> tuple[int, int, bool]:
    """Where ids and names are, and whether the first row is a heading that says so."""
    words = [cell.strip().lower().replace(" ", "_") for cell in heading]
    at_id = next((words.index(name) for name in _IDS if name in words), None)
    at_name = next((words.index(name) for name in _NAMES if name in words), None)
    if at_id is not None and at_name is not None and at_id != at_name:
        return at_id, at_name, True
    if len(heading) != 2:
        raise NotNames("The first line needs the columns id and name, unless the file has just these two.")
    return 0, 1, False
