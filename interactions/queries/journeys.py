"""Journeys: what each pair of a user and an anonymous id did, in the order of time.

They are what questions about people walk along (walks.py): when somebody was there, how far people get, what follows a
search. Records lose all but that: a moment takes nine bytes. A file of journeys is one of Arrow's, which is not read
but mapped into memory.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Final

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.engine import epoch_us
from interactions.contract.schema import TYPES
from interactions.queries.coding import HAS_USER, HAS_VISITOR

NAME: Final = "journeys-1"
ASSISTED: Final = 1
LIVE: Final = 2
SEARCH: Final = TYPES.index("search")
WHATS: Final = np.arange(len(TYPES) * 4)  # every number that says what a moment is of

_WORDS: Final = pa.dictionary(pa.int32(), pa.string())
SCHEMA: Final = pa.schema(
    {
        "user_key": pa.int64(),
        "anonymous_key": pa.int64(),
        "known": pa.uint8(),
        "at": pa.list_(pa.int64()),
        "what": pa.list_(pa.uint8()),
        "words": pa.list_(_WORDS),
    }
)


def what_of(name: str) -> int:
    """What a moment of the type ``name`` is, without ASSISTED and LIVE."""
    return TYPES.index(name) << 2


def moments_of(table: ibis.Table) -> ibis.Table:
    """What :meth:`Journeys.of` is made from, of interactions."""
    types = ibis.memtable(pa.table({"name": pa.array(TYPES), "place": pa.array(range(len(TYPES)), pa.int64())}))
    rows = table.select(
        "user_key",
        "anonymous_key",
        "type",
        at=epoch_us(table.timestamp),
        flags=table.miso_id.notnull().cast("int64") * ASSISTED + (table.import_id == 0).cast("int64") * LIVE,
        words=ibis.ifelse(table.type == "search", table.keywords, ibis.null("string")),
    )
    rows = rows.join(types, rows.type == types.name)
    what = (rows.place * 4 + rows.flags).cast("uint8")
    rows = rows.select("user_key", "anonymous_key", "at", "words", what=what)
    return rows.order_by("user_key", "anonymous_key", "at")


class Journeys:
    """A row a pair of ids, of which either or both may be missing: ``users`` and ``visitors`` are keyed hashes, int64,
    0 where there is none, and ``known`` has the bits HAS_USER and HAS_VISITOR. They are in the order of their visitors,
    or where there is none, of users.

    The moments of row n are those from ``starts[n]`` to ``starts[n + 1]``: ``at``, µs since 1970, ascending, and
    ``what``: four times the type's place in TYPES, with the bits ASSISTED and LIVE. Of its searches the words are those
    from ``word_starts[n]`` on in ``words``, which may be null. ``by_people``: they are a piece of a bundle, whose rows
    are in the order of people instead (bundling.py).
    """

    def __init__(self, batch: pa.RecordBatch, *, by_people: bool = False) -> None:
        self.batch = batch
        self.by_people = by_people

    @classmethod
    def of(cls, rows: pa.Table) -> Journeys:
        """Of the answer to :func:`moments_of`."""
        rows = rows.combine_chunks()
        keys = [pc.fill_null(rows[name], 0).to_numpy() for name in ("user_key", "anonymous_key")]
        known = sum(
            rows[name].is_valid().to_numpy().astype(np.uint8) * np.uint8(bit)
            for name, bit in (("user_key", HAS_USER), ("anonymous_key", HAS_VISITOR))
        )
        columns = [*keys, known]
        differs = np.zeros(max(len(rows) - 1, 0), bool)
        for column in columns:
            differs |= column[1:] != column[:-1]
        heads = np.flatnonzero(np.concatenate(([len(rows) > 0], differs)))
        users, visitors, known = (column[heads] for column in columns)
        ends = np.append(heads[1:], len(rows))
        # Who uses one device has all their journeys together, signed in or not: see Crowd.
        order = np.argsort(np.where(known & HAS_VISITOR, visitors, users), kind="stable")
        starts, places = _put(heads[order], ends[order])
        what = rows["what"].to_numpy()
        is_search = what >> 2 == SEARCH
        words = _one(rows["words"].filter(pa.array(is_search)).dictionary_encode(), _WORDS)
        before = np.concatenate(([0], np.cumsum(is_search)))
        word_starts, word_places = _put(before[heads[order]], before[ends[order]])
        arrays = [
            *(pa.array(column[order]) for column in (users, visitors, known)),
            pa.ListArray.from_arrays(starts, pa.array(rows["at"].to_numpy()[places])),
            pa.ListArray.from_arrays(starts, pa.array(what[places])),
            pa.ListArray.from_arrays(word_starts, words.take(pa.array(word_places))),
        ]
        return cls(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA))

    @classmethod
    def read(cls, path: Path) -> Journeys:
        """From a file, which stays mapped as long as they are in use. Raises FileNotFoundError."""
        return cls(pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0))

    def write(self, path: Path) -> None:
        """Into a file. Raises FileNotFoundError where the folder is gone."""
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
            writer.write_batch(self.batch)

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    def begun(self) -> pa.Table:
        """``user_key, anonymous_key, timestamp``: a row a pair of ids, null where there is none, and when it begins."""
        keys = {
            name: pa.array(column, mask=self.known & bit == 0)
            for name, column, bit in (
                ("user_key", self.users, HAS_USER),
                ("anonymous_key", self.visitors, HAS_VISITOR),
            )
        }
        moments = pa.array(self.at[self.starts[:-1]]).cast(pa.timestamp("us", "UTC"))
        return pa.table({**keys, "timestamp": moments})

    @cached_property
    def users(self) -> np.ndarray:
        return _numbers(self.batch["user_key"])

    @cached_property
    def visitors(self) -> np.ndarray:
        return _numbers(self.batch["anonymous_key"])

    @cached_property
    def known(self) -> np.ndarray:
        return _numbers(self.batch["known"])

    @cached_property
    def starts(self) -> np.ndarray:
        return _numbers(self.batch["at"].offsets)

    @cached_property
    def at(self) -> np.ndarray:
        return _numbers(self.batch["at"].values)

    @cached_property
    def what(self) -> np.ndarray:
        return _numbers(self.batch["what"].values)

    @cached_property
    def word_starts(self) -> np.ndarray:
        return _numbers(self.batch["words"].offsets)

    @cached_property
    def words(self) -> pa.DictionaryArray:
        return self.batch["words"].values


def _put(begins: np.ndarray, ends: np.ndarray) -> tuple[pa.Array, np.ndarray]:
    """Where ranges start when they follow each other (and the last one ends), and the places that they are of."""
    starts = np.concatenate(([0], np.cumsum(ends - begins)))
    places = np.repeat(begins - starts[:-1], ends - begins) + np.arange(starts[-1])
    return pa.array(starts, pa.int32()), places


def _numbers(column: pa.Array) -> np.ndarray:
    numbers: np.ndarray = column.to_numpy(zero_copy_only=True)
    return numbers


def _one(column: pa.ChunkedArray, form: Any) -> pa.Array:
    return column.combine_chunks().cast(form) if column.num_chunks else pa.array([], form)
