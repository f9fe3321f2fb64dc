"""Read the objects in cells of a text table: the values in a column of JSON are columns named by their path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from interactions.connectors.table.documents import column_of, paths_of, value_at
from interactions.connectors.table.rows import MOST_COLUMNS, Rows, Table, refused

if TYPE_CHECKING:
    import pyarrow as pa

    from interactions.connectors.table.separated import Separated

_NO_JSON: Final = "The column {name} has no valid JSON in this row, as it has in others."
_decode = msgspec.json.decode


def with_objects(table: Separated) -> Table:
    """The table, with columns for the values of objects if all first cells of a column are such."""
    found: dict[str, list[str]] = {}
    taken = set(table.columns)
    for place, name in enumerate(table.columns):
        cells = [row[place] for row in table.first_rows if place < len(row) and row[place].strip()]
        paths = [f"{name}.{path}" for path in _paths_in(cells)]
        new = [path for path in paths if path not in taken][: max(0, MOST_COLUMNS - len(taken))]
        if new:
            found[name] = [path.removeprefix(f"{name}.") for path in new]
            taken.update(new)
    return TableOfObjects(table, found) if found else table


def _paths_in(cells: Sequence[str]) -> list[str]:
    """The paths of the values in cells of JSON; none if any isn't an object."""
    if not cells or not all(cell.lstrip().startswith("{") for cell in cells):
        return []
    objects = [_object(cell) for cell in cells]
    if None in objects:
        return []
    return list(dict.fromkeys(path for each in objects if each for path in paths_of(each)))


def _object(cell: str | None) -> dict[str, Any] | None:
    """The object in a cell, an empty one for other JSON or no text; None if it isn't JSON."""
    try:
        found = _decode(cell) if cell else {}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else {}


class TableOfObjects:
    """A table with further columns, whose paths in the objects of a column are given by its name."""

    def __init__(self, table: Table, paths: Mapping[str, Sequence[str]]) -> None:
        self._table, self._paths = table, paths
        self.kind, self.reading, self.doubts = table.kind, table.reading, table.doubts
        self.left_out, self.sheets = table.left_out, table.sheets
        self.columns = [*table.columns, *(f"{name}.{path}" for name, inner in paths.items() for path in inner)]

    def needing(self, columns: Set[str]) -> Table:
        """The table with those of the further columns alone, because each takes time."""
        needed = {name: [path for path in paths if f"{name}.{path}" in columns] for name, paths in self._paths.items()}
        found = {name: paths for name, paths in needed.items() if paths}
        return TableOfObjects(self._table, found) if found else self._table

    def texts(self) -> Iterator[pa.Array]:
        return self._table.texts()

    def row_of(self, number: int) -> int:
        return self._table.row_of(number)

    def batches(self) -> Iterator[Rows]:
        for rows in self._table.batches():
            yield self._with_values(rows)

    def _with_values(self, rows: Rows) -> Rows:
        import pyarrow as pa

        objects = {
            name: [name if cell == name else _object(cell) for cell in rows.table[name].to_pylist()]
            for name in self._paths  # a cell with the column's name is of a header that comes again
        }
        broken = {
            place: name for name, values in objects.items() for place, value in enumerate(values) if value is None
        }
        if broken:
            rows, whole = self._without(rows, broken)
            objects = {name: [values[place] for place in whole] for name, values in objects.items()}
        table = rows.table
        for name, paths in self._paths.items():
            for path in paths:
                column = f"{name}.{path}"
                values = [value_at(each, path) if isinstance(each, dict) else column for each in objects[name]]
                table = table.append_column(column, pa.chunked_array([column_of(values)]))
        return replace(rows, table=table)

    def _without(self, rows: Rows, broken: Mapping[int, str]) -> tuple[Rows, list[int]]:
        """The rows without broken ones, which are rejected; and the places of those that stay."""
        numbers = rows.numbers().tolist()
        refusals = [
            refused(numbers[place], rows.text(place).decode(), _NO_JSON.format(name=f'"{name[:60]}"'))
            for place, name in broken.items()
        ]
        whole = [place for place in range(rows.table.num_rows) if place not in broken]
        rejected = sorted([*rows.rejected, *refusals], key=lambda each: each.index)
        return replace(rows, table=rows.table.take(whole), rejected=rejected), whole
