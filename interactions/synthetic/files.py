"""Write synthetic interactions to files that can be imported."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from interactions.files import written_whole
from interactions.synthetic.timeline import batches
from interactions.synthetic.visits import Record

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
    compresses. `progress` is called every few thousand records with their number. The file appears under its name once
    it's complete and replaces an existing one. Memory use doesn't grow with `count`.

    Raises ValueError for another ending and for what `records` refuses, OSError when the file cannot be written.
    """
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    if ending not in (".json", ".jsonl", ".ndjson"):
        raise ValueError(f"{path.name} must end in .json, .jsonl or .ndjson, optionally followed by .gz.")
    made = batches(count, seed=seed, start=start, end=end)
    with written_whole(path) as file:
        _write_to(file, ending, made, progress)


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
