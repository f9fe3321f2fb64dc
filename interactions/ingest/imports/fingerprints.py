"""The fingerprints of a part as numbers: two words of 64 bits a record, in the order of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from interactions.contract import fingerprint

ROWS = 32_768  # read in one go
_ENDING = ".prints"


def read(path: Path) -> Iterator[np.ndarray]:
    """The words of a Parquet part, or of a file beside one, in pieces of (rows, 2)."""
    if path.suffix == _ENDING:
        words = changed(path)
        for start in range(0, len(words), ROWS):
            yield np.array(words[start : start + ROWS])
        return
    with pq.ParquetFile(path) as part:
        for group in range(part.num_row_groups):  # of several at once it would hold the whole column
            for batch in part.iter_batches(ROWS, [group], ["fingerprint"], use_threads=False):
                yield words_of(batch.column(0))


def words_of(fingerprints: pa.Array) -> np.ndarray:
    """The words of an array of fingerprints; raises pa.ArrowInvalid where one has not its 16 bytes."""
    values = fingerprints.cast(pa.binary(fingerprint.SIZE))  # of one length, so their bytes lie side by side
    start = values.offset * fingerprint.SIZE
    return np.frombuffer(values.buffers()[1], "<u8", 2 * len(values), start).reshape(-1, 2)


def fingerprints_of(words: np.ndarray) -> pa.Array:
    """The array of fingerprints that ``words`` are of."""
    buffer = pa.py_buffer(np.ascontiguousarray(words, "<u8"))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(fingerprint.SIZE), len(words), [None, buffer])


def share_of(words: np.ndarray, shares: int) -> np.ndarray:
    """The share of each: equal fingerprints are of one; their mark, that they come of a uuid, has no part in it."""
    shared: np.ndarray = (words[:, 0] >> 32) * np.uint64(shares) >> 32
    return shared.astype(np.intp)


def are_by_uuid(firsts: np.ndarray) -> np.ndarray:
    """Whether fingerprints come of a uuid, by their first words: those' lowest bytes are the fingerprints' first."""
    return firsts.astype(np.uint8) >= fingerprint.BY_UUID


def beside(path: Path) -> Path:
    """Write the fingerprints of a part into a file beside it, in which they can be changed; answers its name."""
    copy = path.with_suffix(_ENDING)
    with copy.open("wb") as file:
        for words in read(path):
            words.tofile(file)
    return copy


def changed(path: Path) -> np.ndarray:
    """The words in a file that ``beside`` has made: (rows, 2)."""
    return np.memmap(path, "<u8", "r").reshape(-1, 2)


def change(path: Path, rows: np.ndarray, words: np.ndarray) -> None:
    """Put other fingerprints into a file that ``beside`` has made."""
    kept = np.memmap(path, "<u8", "r+").reshape(-1, 2)
    kept[rows] = words
