"""Store runs as files: one each for the events, the sales and the people."""

from __future__ import annotations

import weakref
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final

import numpy as np
import pyarrow as pa

from interactions.analytics.index import arrow_files
from interactions.analytics.index.rows import FLAT
from interactions.analytics.index.run import Events, Run
from interactions.analytics.index.spill import Sizes

_KINDS: Final = ("events", "sales", "people")
_LINE: Final = ("product", "revenue")
ARRAYS: Final = {
    **{name: ("events", name) for name in FLAT},
    **{"product_starts": ("events", "products.starts"), "products": ("events", "products")},
    **{"category_starts": ("events", "categories.starts"), "categories": ("events", "categories")},
    **{"custom_starts": ("events", "customs.starts"), "customs": ("events", "customs")},
    **{
        "sale_event": ("sales", "event"),
        "sale_revenue": ("sales", "revenue"),
        "sale_starts": ("sales", "lines.starts"),
    },
    **{"line_product": ("sales", "lines.product"), "line_revenue": ("sales", "lines.revenue")},
}
"""The file and the name in it of each array of Events."""
_FORMS: Final = {
    **dict.fromkeys(("at", "received", "result"), pa.int64()),
    "kind": pa.uint8(),
    **dict.fromkeys((name for name in FLAT if name not in ("at", "received", "result", "kind")), pa.int32()),
}
# The folder and name of the files of mapped runs, by the id of ``people``, shared by runs that differ only in their
# dead.
_lie: dict[int, tuple[Path, str]] = {}


def paths(folder: Path, name: str) -> list[Path]:
    """The files of a run."""
    return [folder / f"{name}-{kind}.arrow" for kind in _KINDS]


def write(folder: Path, name: str, run: Run) -> None:
    """Write a run, without its dead people."""
    events, sales, _ = paths(folder, name)
    arrow_files.write(
        events,
        {
            **{column: pa.array(getattr(run, column)) for column in FLAT},
            "products": arrow_files.lists(run.product_starts, pa.array(run.products)),
            "categories": arrow_files.lists(run.category_starts, pa.array(run.categories)),
            "customs": arrow_files.lists(run.custom_starts, pa.array(run.customs)),
        },
    )
    lines = pa.StructArray.from_arrays([pa.array(run.line_product), pa.array(run.line_revenue)], _LINE)
    arrow_files.write(
        sales,
        {
            "event": pa.array(run.sale_event),
            "revenue": pa.array(run.sale_revenue),
            "lines": arrow_files.lists(run.sale_starts, lines),
        },
    )
    write_people(folder, name, run.people, run.alone, run.starts)


def write_people(folder: Path, name: str, people: np.ndarray, alone: np.ndarray, starts: np.ndarray) -> None:
    """Write the people of a run. The last row has the end of the last person's events."""
    columns = {"person": np.append(people, 0), "alone": np.append(alone, 0).astype(np.uint8), "start": starts}
    arrow_files.write(paths(folder, name)[2], {column: pa.array(values) for column, values in columns.items()})


def dead_path(folder: Path, name: str) -> Path:
    """The file of a run's dead people."""
    return folder / f"{name}.arrow"


def read_dead(folder: Path, name: str | None) -> np.ndarray | None:
    """Read the dead people of a run; None without a file. Raises FileNotFoundError."""
    return None if name is None else arrow_files.arrays(arrow_files.read(dead_path(folder, name)))["dead"]


def read(folder: Path, name: str, *, nobody: bool, dead: str | None = None) -> Run:
    """Map a run; its arrays are views of its files. Raises FileNotFoundError."""
    files = dict(zip(_KINDS, (arrow_files.arrays(arrow_files.read(path)) for path in paths(folder, name)), strict=True))
    columns = {column: files[kind][place] for column, (kind, place) in ARRAYS.items()}
    people = files["people"]
    run = Run(
        **columns,
        people=people["person"][:-1],
        alone=people["alone"][:-1],
        starts=people["start"],
        nobody=nobody,
        dead=read_dead(folder, dead),
    )
    _lie[id(run.people)] = folder, name  # not of its events, which a run of other people may share
    weakref.finalize(run.people, _lie.pop, id(run.people))
    return run


def move(folder: Path, run: Run) -> str | None:
    """Move the files of a run to ``folder``, and return their name; None if the run is only in memory.

    Its dead people are ignored.
    """
    place, name = _lie.get(id(run.people), (folder, None))
    if name is None or not all(path.exists() for path in paths(place, name)):
        return None
    if place != folder:
        for path in paths(place, name):
            path.rename(folder / path.name)
        _lie[id(run.people)] = folder, name
    return name


class Draft:
    """Writes a run, except its people, in pieces, in any order, from any thread. A context manager."""

    def __init__(self, folder: Path, name: str, total: Sizes) -> None:
        events, sales, _ = paths(folder, name)
        with ExitStack() as files:
            self._files = {
                "events": files.enter_context(arrow_files.Reserved(events, _room_for_events(total))),
                "sales": files.enter_context(arrow_files.Reserved(sales, _room_for_sales(total))),
            }
            self._stack = files.pop_all()

    def write(self, piece: Events, begin: Sizes) -> None:
        """Write consecutive events of the run; ``begin`` are the sizes of everything before them."""
        moved = {"product_starts": begin.products, "category_starts": begin.categories, "sale_starts": begin.lines}
        moved |= {"custom_starts": begin.customs, "sale_event": begin.events}
        for column, (kind, name) in ARRAYS.items():
            values = getattr(piece, column)
            if column in moved:
                values = values + moved[column]
            self._files[kind].write(name, getattr(begin, _COUNTED.get(column, "events")), values)

    def __enter__(self) -> Draft:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)


_COUNTED: Final = {
    "products": "products",
    "categories": "categories",
    "customs": "customs",
    **dict.fromkeys(("sale_event", "sale_revenue", "sale_starts"), "sales"),
    **dict.fromkeys(("line_product", "line_revenue"), "lines"),
}


def _room_for_events(total: Sizes) -> dict[str, pa.Array]:
    lists = {"products": total.products, "categories": total.categories, "customs": total.customs}
    codes = {name: arrow_files.room(size, pa.int32()) for name, size in lists.items()}
    return {
        **{name: arrow_files.room(total.events, form) for name, form in _FORMS.items()},
        **{name: arrow_files.room_for_lists(total.events, values) for name, values in codes.items()},
    }


def _room_for_sales(total: Sizes) -> dict[str, pa.Array]:
    parts = [arrow_files.room(total.lines, form) for form in (pa.int32(), pa.float64())]
    return {
        "event": arrow_files.room(total.sales, pa.int64()),
        "revenue": arrow_files.room(total.sales, pa.float64()),
        "lines": arrow_files.room_for_lists(total.sales, pa.StructArray.from_arrays(parts, _LINE)),
    }
