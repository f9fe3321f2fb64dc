"""Store texts as files, each with texts of consecutive codes and their lookup."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from interactions.analytics.index import arrow_files
from interactions.analytics.index.lookups import hashes_of, lookup_of
from interactions.analytics.index.manifest import TextFile
from interactions.analytics.index.run import Lookup


def write(folder: Path, texts: pa.ChunkedArray, known: Sequence[tuple[TextFile, pa.Array]]) -> tuple[TextFile, ...]:
    """Write the texts that aren't in ``known`` files (given with their arrays) yet, merging small files at the end.

    So the number of files is at most logarithmic in the number of texts.
    """
    stack: list[tuple[TextFile | None, pa.Array]] = []
    files = {_place(chunk): file for file, chunk in known}
    for chunk in (each for each in texts.chunks if len(each)):
        stack.append((files.get(_place(chunk)), chunk))
        while len(stack) > 1 and stack[-1][0] is None and len(stack[-2][1]) <= 2 * len(stack[-1][1]):
            (_, last), (_, before) = stack.pop(), stack.pop()
            stack.append((None, pa.concat_arrays([before, last])))
    return tuple(_written(folder, stack))


def read(folder: Path, file: TextFile) -> tuple[pa.Array, Lookup]:
    """The texts of a file. Raises FileNotFoundError."""
    batch = arrow_files.read(folder / f"{file.name}.arrow")
    return batch.column("text"), Lookup(batch.column("hash").to_numpy(), batch.column("code").to_numpy())


def _written(folder: Path, stack: Sequence[tuple[TextFile | None, pa.Array]]) -> Iterator[TextFile]:
    first = 0
    for file, chunk in stack:
        if file is None:
            name, lookup = secrets.token_hex(8), lookup_of(hashes_of(chunk), first)
            columns = {"text": _scrubbed(chunk), "hash": pa.array(lookup.hashes), "code": pa.array(lookup.codes)}
            arrow_files.write(folder / f"{name}.arrow", columns)
            yield TextFile(name, len(chunk))
        else:
            yield file
        first += len(chunk)


def _scrubbed(texts: pa.Array) -> pa.Array:
    """A copy of the texts without the bytes of blanked ones, which Arrow keeps behind a null."""
    if not texts.null_count:
        return texts
    return texts.take(pa.array(np.arange(len(texts)), mask=texts.is_null().to_numpy(zero_copy_only=False)))


def _place(chunk: pa.Array) -> tuple[int, ...]:
    """The memory addresses of a chunk, which identify the mapped file that it comes from.

    Without those of empty buffers, which can be the same for all arrays.
    """
    addresses = (buffer.address for buffer in chunk.buffers() if buffer is not None and buffer.size)
    return (*addresses, chunk.offset, len(chunk))
