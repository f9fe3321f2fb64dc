"""Write rows of columns as lines of JSON, in one pass.

A line is described by steps, int64[n, 4]: what is done, and up to three numbers that it needs.

| Step | Numbers | What it does |
|---|---|---|
| TEXT | start, size | writes this part of the data, the same for each row |
| CELL | column | writes the row's cell |
| NEEDS | start, end, step | continues at that step unless all columns of ``needs`` from start to end have a cell |
| MEMBER | start, size | writes a comma, unless an object was just opened, and then as TEXT |
| OPEN | | remembers the place, to which CLOSE may return |
| CLOSE | | closes the object, or removes it with its name if nothing is in it |
"""

from __future__ import annotations

from typing import Any

import numpy as np

from interactions.compiled import json_text
from interactions.compiled.jit import compiled_beside
from interactions.compiled.lanes import WIDTH

TEXT, MEMBER, CELL, NEEDS, OPEN, CLOSE = range(6)
DEEPEST = 16
"""The most objects within each other."""
PADDING = WIDTH
"""Bytes that the data and the lines have behind them, as both are copied in pieces of so many."""
_BRACE, _END, _COMMA = 0x7B, 0x7D, 0x2C


@compiled_beside
def write(data: Any, cells: Any, valid: Any, steps: Any, needs: Any, opened: Any, out: Any) -> Any:
    """Write the lines to ``out``, uint8, and return the place after the last.

    ``data`` uint8 has the texts, ``cells`` int64[columns, rows + 1] where each column's cells begin and end in it.
    ``valid`` bool[columns, rows]. ``opened`` int64[DEEPEST] is room for the places of open objects.
    """
    o, level = np.int64(0), 0
    for row in range(valid.shape[1]):
        step = 0
        while step < steps.shape[0]:
            kind, first, second = steps[step, 0], steps[step, 1], steps[step, 2]
            step += 1
            if kind <= MEMBER:
                if kind == MEMBER and out[o - 1] != _BRACE:
                    out[o] = _COMMA
                    o += 1
                o = json_text.copy_bytes(data, first, second, out, o)
            elif kind == CELL:
                start = cells[first, row]
                o = json_text.copy_bytes(data, start, cells[first, row + 1] - start, out, o)
            elif kind == NEEDS:
                for place in range(first, second):
                    if not valid[needs[place], row]:
                        step = steps[step - 1, 3]
                        break
            elif kind == OPEN:
                opened[level] = o
                level += 1
            else:
                level -= 1
                if out[o - 1] == _BRACE:
                    o = opened[level]
                else:
                    out[o] = _END
                    o += 1
    return o
