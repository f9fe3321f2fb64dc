"""Synthetic interactions as files, in the forms that an import reads."""

import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from gzip import GzipFile
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from interactions.synthetic.timeline import batches
from interactions.synthetic.visits import Record

COMPRESSION = 4
"""gzip's level. Level 6 saves another 7% and takes half as long again; level 3 is a sixth bigger."""

_encoder = msgspec.json.Encoder()


def write(
    path: Path,
    count: int,
    *,
    seed: int = 0,
    start: datetime,
    end: datetime,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write `count` interactions to a file; the same arguments write the same bytes.

    `.json` is `{"data":[…]}` with one record a line, `.jsonl` and `.ndjson` are JSON Lines; `.gz` behind any of them
    compresses. `progress` is told every few thousand records how many are written. The file appears under its name
    when it is whole; one that was there is replaced. Memory does not grow with `count`.

    Raises ValueError for another ending and for what `records` refuses, OSError when the file cannot be written.
    """
    ending, compressed = _form(path)
    made = batches(count, seed=seed, start=start, end=end)
    with _appearing_whole(path) as raw:
        if compressed:
            # Neither name nor time in the header: they would make equal files differ.
            with GzipFile(filename="", mode="wb", compresslevel=COMPRESSION, fileobj=raw, mtime=0) as packed:
                _write_to(cast(BinaryIO, packed), ending, made, progress)
        else:
            _write_to(raw, ending, made, progress)


def _form(path: Path) -> tuple[str, bool]:
    name = path.name.lower()
    compressed = name.endswith(".gz")
    ending = Path(name.removesuffix(".gz")).suffix
    if ending not in (".json", ".jsonl", ".ndjson"):
        raise ValueError(f"{path.name} must end in .json, .jsonl or .ndjson, optionally followed by .gz.")
    return ending, compressed


def _write_to(
    file: BinaryIO, ending: str, made: Iterable[list[Record]], progress: Callable[[int], None] | None
) -> None:
    written = 0
    in_array = ending == ".json"
    if in_array:
        file.write(b'{"data":[\n')
    for batch in made:
        if in_array:
            file.write(b",\n" if written else b"")
            file.write(b",\n".join(map(_encoder.encode, batch)))
        else:
            file.write(_encoder.encode_lines(batch))
        written += len(batch)
        if progress:
            progress(written)
    if in_array:
        file.write(b"\n]}\n")


@contextmanager
def _appearing_whole(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write to that takes its name when the block ends well, and is removed when it does not."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with partial.open("xb") as file:
            yield file
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
