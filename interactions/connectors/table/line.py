"""The line of a record: how it is written from columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

import msgspec

from interactions.compiled import json_lines
from interactions.connectors.table.assembly import Parts, Tree
from interactions.connectors.table.cells import Cells, cells_of

_ROWS: Final = 2048
"""Rows whose lines are written at once."""


class LineWriter:
    """How the line of a record is written: the steps of ``compiled.json_lines``, and the columns that they write.

    A member is left out where one of its columns is null; an object, where nothing is in it; a page, without a URL.
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._steps: list[tuple[int, int, int, int]] = []
        self._needs: list[int] = []
        self._texts = b""
        self._columns: list[Any] = []
        self._whole = 0  # the step up to which texts stay apart from later ones, as lines may go on there
        self._size = 0  # the most bytes of a line besides its cells

    def text(self, text: str) -> None:
        """A text that is the same in each line."""
        kind, start, size, _ = self._steps[-1] if len(self._steps) > self._whole else (json_lines.CELL, 0, 0, 0)
        if kind in (json_lines.TEXT, json_lines.MEMBER):
            self._steps[-1] = (kind, start, size + self._kept(text), 0)
        else:
            self._steps.append((json_lines.TEXT, len(self._texts), self._kept(text), 0))

    def members(self, tree: Tree) -> None:
        """The members of an object."""
        for name, inner in tree.items():
            if not isinstance(inner, dict):
                self._member(name, inner)
            elif name != "page":
                self._object(name, inner, ())
            elif "url" in inner:
                self._object(name, inner, cast(Parts, inner["url"]))

    def written(self) -> memoryview:
        """All lines, written some at a time: they, and the cells that they are written from, stay in the cache."""
        import numpy as np

        cells = [cells_of(column) for column in self._columns]
        size = sum(int(each.ends[-1] - each.ends[0]) for each in cells)
        out = np.empty(self._size * self._rows + size + json_lines.PADDING, np.uint8)
        end = 0
        for start in range(0, self._rows, _ROWS):
            end += self._write([each.some(start, start + _ROWS) for each in cells], out[end:])
        return out[:end].data

    def _write(self, columns: list[Cells], out: Any) -> int:
        """Write the lines of some rows to ``out``; returns their bytes."""
        import numpy as np

        rows = len(columns[0].ends) - 1
        ends = np.empty((len(columns), rows + 1), np.int64)
        valid = np.ones((len(columns), rows), np.bool_)
        data = [np.frombuffer(self._texts, np.uint8)]
        size = len(self._texts)
        for number, column in enumerate(columns):
            np.add(column.ends, size - int(column.ends[0]), out=ends[number])
            if column.valid is not None:
                valid[number] = column.valid
            data.append(column.text)
            size += len(data[-1])
        data.append(np.zeros(json_lines.PADDING, np.uint8))
        opened = np.empty(json_lines.DEEPEST, np.int64)
        steps, needs = np.array(self._steps, np.int64), np.array(self._needs, np.int64)
        return int(json_lines.write(np.concatenate(data), ends, valid, steps, needs, opened, out))

    def _member(self, name: str, parts: Parts) -> None:
        columns = {number: self._column(part) for number, part in enumerate(parts) if not isinstance(part, str)}
        before = self._require(columns.values())
        self._begin(_key(name))
        for number, part in enumerate(parts):
            if number in columns:
                self._steps.append((json_lines.CELL, columns[number], 0, 0))
            else:
                self.text(part)
        self._continue(before)

    def _object(self, name: str, tree: Tree, required: Parts) -> None:
        before = self._require([self._column(part) for part in required if not isinstance(part, str)])
        self._steps.append((json_lines.OPEN, 0, 0, 0))
        self._begin(f"{_key(name)}{{")
        self.members(tree)
        self._steps.append((json_lines.CLOSE, 0, 0, 0))
        self._size += 1
        self._continue(before)

    def _begin(self, text: str) -> None:
        self._steps.append((json_lines.MEMBER, len(self._texts), self._kept(text), 0))
        self._size += 1

    def _kept(self, text: str) -> int:
        """Keep a text behind the others; returns its bytes."""
        written = text.encode()
        self._texts += written
        self._size += len(written)
        return len(written)

    def _column(self, column: Any) -> int:
        known = next((number for number, each in enumerate(self._columns) if each is column), None)
        if known is not None:
            return known
        self._columns.append(column)
        return len(self._columns) - 1

    def _require(self, columns: Iterable[int]) -> int | None:
        """The place of a step that leaves out what follows where one of ``columns`` is null; None if none is."""
        nullable = [number for number in columns if self._columns[number].null_count]
        if not nullable:
            return None
        self._needs += nullable
        self._steps.append((json_lines.NEEDS, len(self._needs) - len(nullable), len(self._needs), 0))
        return len(self._steps) - 1

    def _continue(self, before: int | None) -> None:
        """What is left out ends here."""
        if before is not None:
            self._whole = len(self._steps)
            self._steps[before] = (*self._steps[before][:3], self._whole)


def _key(name: str) -> str:
    return f"{msgspec.json.encode(name).decode()}:"
