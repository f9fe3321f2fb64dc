"""Fingerprints as pairs of 64-bit words, and as keyed entries for finding duplicates.

Entries are keyed, so that the index of fingerprints can't be used to test for records without the key.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from interactions.contract import fingerprint
from interactions.contract.keyring import Keyring

ROWS = 32_768  # rows read at once
PERSON: Final = ("user_key", "anonymous_key")
IDS: Final = np.dtype([("user", "<i8"), ("visitor", "<i8"), ("has", "u1")])
"""The keyed hashes of a record's ids; ``has`` is 1 for a user, 2 for a visitor, 3 for both."""
ENTRY: Final = np.dtype([("first", "<u8"), ("second", "<u8"), ("row", "<i8"), ("ids", IDS)])
"""A record: the words of its keyed fingerprint, its row number, and its ids if it has a uuid."""
_BY_UUID: Final = np.uint64(1)  # the lowest bit of a keyed second word
_ENDING = ".prints"


def read(path: Path) -> Iterator[np.ndarray]:
    """The words of a Parquet part, or of a file made by ``beside``, in pieces of shape (rows, 2)."""
    if path.suffix == _ENDING:
        words = changed(path)
        for start in range(0, len(words), ROWS):
            yield np.array(words[start : start + ROWS])
        return
    with pq.ParquetFile(path) as part:
        for group in range(part.num_row_groups):  # reading several at once would hold the whole column
            for batch in part.iter_batches(ROWS, [group], ["fingerprint"], use_threads=False):
                yield words_of(batch.column(0))


def entries(part: Path, file: Path, first: int, keyring: Keyring) -> Iterator[np.ndarray]:
    """The entries of a part's rows, numbered from ``first``.

    ``file`` has their fingerprints: usually the part itself.
    """
    others, row = None if file == part else changed(file), 0
    with pq.ParquetFile(part) as source:
        for group in range(source.num_row_groups):
            ids, at = None, 0
            for batch in source.iter_batches(ROWS, [group], ["fingerprint"], use_threads=False):
                here = slice(at, at := at + batch.num_rows)
                words = words_of(batch.column(0)) if others is None else others[row : row + batch.num_rows]
                if ids is None and are_by_uuid(words[:, 0]).any():
                    ids = ids_of(source.read_row_group(group, columns=list(PERSON), use_threads=False))
                yield entries_of(words, None if ids is None else ids[here], first + row, keyring)
                row += batch.num_rows


def entries_of(words: np.ndarray, ids: np.ndarray | None, first: int, keyring: Keyring) -> np.ndarray:
    """The entries of rows with these fingerprints; ``ids`` (IDS) are needed if any has a uuid."""
    made = np.zeros(len(words), ENTRY)
    by_uuid = are_by_uuid(words[:, 0])
    keyed = keyring.words(words)
    made["first"], made["second"] = keyed[:, 0], (keyed[:, 1] & ~_BY_UUID) | by_uuid
    made["row"] = np.arange(first, first + len(words))
    if ids is not None:
        made["ids"][by_uuid] = ids[by_uuid]
    return made


def have_uuids(seconds: np.ndarray) -> np.ndarray:
    """Whether entries, by their second words, are of records with a uuid."""
    return (seconds & _BY_UUID).astype(bool)


def ids_of(table: pa.Table | pa.RecordBatch) -> np.ndarray:
    """The IDS of rows with the columns of PERSON."""
    ids = np.zeros(table.num_rows, IDS)
    for bit, (name, column) in enumerate(zip(("user", "visitor"), PERSON, strict=True)):
        keys = table[column]
        keys = keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys
        there = keys.is_valid().to_numpy(zero_copy_only=False)
        ids[name] = keys.fill_null(0).to_numpy()
        ids["has"] |= there.astype(np.uint8) << bit
    return ids


def words_of(fingerprints: pa.Array) -> np.ndarray:
    """The words of an array of fingerprints. Raises pa.ArrowInvalid if one doesn't have 16 bytes."""
    values = fingerprints.cast(pa.binary(fingerprint.SIZE))  # fixed length, so the bytes are contiguous
    start = values.offset * fingerprint.SIZE
    return np.frombuffer(values.buffers()[1], "<u8", 2 * len(values), start).reshape(-1, 2)


def fingerprints_of(words: np.ndarray) -> pa.Array:
    """The array of fingerprints with these words."""
    buffer = pa.py_buffer(np.ascontiguousarray(words, "<u8"))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(fingerprint.SIZE), len(words), [None, buffer])


def share_of(firsts: np.ndarray, shares: int) -> np.ndarray:
    """The share of each first word. Equal fingerprints have the same share, and shares are ordered by their words."""
    shared: np.ndarray = (firsts >> 32) * np.uint64(shares) >> 32
    return shared.astype(np.intp)


def are_by_uuid(firsts: np.ndarray) -> np.ndarray:
    """Whether fingerprints were made from a uuid, by the lowest byte of their first word."""
    return firsts.astype(np.uint8) >= fingerprint.BY_UUID


def beside(path: Path) -> Path:
    """Copy the fingerprints of a part to a file next to it, where they can be changed. Returns its path."""
    copy = path.with_suffix(_ENDING)
    with copy.open("wb") as file:
        for words in read(path):
            words.tofile(file)
    return copy


def changed(path: Path) -> np.ndarray:
    """The words in a file made by ``beside``, of shape (rows, 2)."""
    return np.memmap(path, "<u8", "r").reshape(-1, 2)


def change(path: Path, rows: np.ndarray, words: np.ndarray) -> None:
    """Replace fingerprints in a file made by ``beside``."""
    kept = np.memmap(path, "<u8", "r+").reshape(-1, 2)
    kept[rows] = words
