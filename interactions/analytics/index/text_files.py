"""Store texts as files, each with texts of consecutive codes and their lookup."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from interactions.analytics.index import arrow_files
from interactions.analytics.index.lookups import hashes_of, lookup_of
from interactions.analytics.index.manifest import TextFile
from interactions.analytics.index.run import Lookup

More = Callable[[int, int], Mapping[str, pa.Array]]


class MappedTexts(NamedTuple):
    """A mapped file: its texts, their lookup, and further columns by name."""

    texts: pa.Array
    lookup: Lookup
    more: Mapping[str, np.ndarray]


def write(
    folder: Path,
    texts: pa.ChunkedArray,
    known: Sequence[tuple[TextFile, pa.Array]],
    more: More = lambda start, end: {},
) -> tuple[TextFile, ...]:
    """Write the texts that aren't in ``known`` files (given with their arrays) yet, merging small files at the end.

    So the number of files is at most logarithmic in the number of texts. ``more`` gives further columns of numbers for
    the texts from one code to another.
    """
    stack: list[tuple[TextFile | None, pa.Array]] = []
    files = {_place(chunk): file for file, chunk in known}
    for chunk in (each for each in texts.chunks if len(each)):
        stack.append((files.get(_place(chunk)), chunk))
        while len(stack) > 1 and stack[-1][0] is None and len(stack[-2][1]) <= 2 * len(stack[-1][1]):
            (_, last), (_, before) = stack.pop(), stack.pop()
            stack.append((None, pa.concat_arrays([before, last])))
    return tuple(_written(folder, stack, more))


def read(folder: Path, file: TextFile) -> MappedTexts:
    """Map a file. Raises FileNotFoundError."""
    batch = arrow_files.read(folder / f"{file.name}.arrow")
    numbers = {name: batch.column(name).to_numpy() for name in batch.schema.names if name != "text"}
    return MappedTexts(batch.column("text"), Lookup(numbers.pop("hash"), numbers.pop("code")), numbers)


def _written(folder: Path, stack: Sequence[tuple[TextFile | None, pa.Array]], more: More) -> Iterator[TextFile]:
    first = 0
    for file, chunk in stack:
        if file is None:
            name, lookup = secrets.token_hex(8), lookup_of(hashes_of(chunk), first)
            columns = {"text": _scrubbed(chunk), "hash": pa.array(lookup.hashes), "code": pa.array(lookup.codes)}
            arrow_files.write(folder / f"{name}.arrow", {**columns, **more(first, first + len(chunk))})
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
