"""Where the reading of one block spends its time: ``python -m benchmarks.profile_block [FILE] [--records N]``.

One process, no workers, no database: the block is read, checked and written as its task does it. First a table of
stages by the processor's clock, then what cProfile finds, whose own cost makes small functions look slower than they
are. Without FILE (plain JSON, its format found as an import does) it makes records as many as a block holds.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks import files
from dojo import memory
from interactions.codec import reader, source
from interactions.codec.origin import Origin
from interactions.codec.reader import Reader
from interactions.codec.scanner import custom, free_form, gather, scan, scanner
from interactions.codec.split.windows import ByteRange
from interactions.compiled import xxh3
from interactions.contract.keyring import Keyring
from interactions.warehouse import parts
from interactions.warehouse.parts import PartWriter

RECORDS = 45_000
_LONGEST = 16 << 20
_READINGS = 5
_WITHIN: dict[str, list[tuple[Any, str]]] = {
    "scan": [(scan, "scan")],
    "copying strings": [(gather, "strings"), (gather, "items")],
    "extra": [(free_form.FreeForm, "extra")],
    "custom_context": [(free_form.FreeForm, "_custom_contexts"), (custom, "read")],
    "fingerprints": [(gather, "canonical"), (xxh3, "digests")],
    "keys of people": [(Keyring, "column")],
    "Arrow": [(scanner.Scanner, "_table")],
    "rule book": [(reader, "check_bytes")],
    "Parquet": [(parts.PartWriter, "add"), (parts.PartWriter, "_flush")],
}
"""Stage → the functions it consists of. A stage's time is without that of the stages called by it."""
REST = "cutting, counting, the rest"


class Stages:
    """Processor seconds of each stage, told apart by putting a clock around its functions."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._running = [REST]
        self._since = 0.0

    def call(self, stage: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._turn(stage)
        try:
            return function(*args, **kwargs)
        finally:
            self._turn(None)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Clocks around all stages; everything else inside counts as the rest."""
        with ExitStack() as patches:
            for stage, functions in _WITHIN.items():
                for place, name in functions:
                    patches.enter_context(mock.patch.object(place, name, self._clocked(stage, getattr(place, name))))
            self._since = time.process_time()
            yield
            self._charge()

    def _clocked(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: self.call(stage, function, *args, **kwargs)

    def _turn(self, stage: str | None) -> None:
        self._charge()
        if stage is None:
            self._running.pop()
        else:
            self._running.append(stage)

    def _charge(self) -> None:
        now = time.process_time()
        self.seconds[self._running[-1]] += now - self._since
        self._since = now


def read_block(file: Path, part: Path) -> int:
    """Read a whole file as one block into the Parquet part; the records accepted."""
    accepted = 0
    with file.open("rb") as text:
        shape = source.shape_of(text)
        run = ByteRange(0, length := file.stat().st_size, length, shape.inside)
        origin = Origin(1, datetime(2026, 1, 1, tzinfo=UTC))
        block = Reader(origin, Keyring(b"benchmark"), longest=_LONGEST)
        with PartWriter(part) as writer:
            for batch in block.read(text, run):
                for found in batch.tables:
                    writer.add(found)
                accepted += batch.accepted
    return accepted


def stage_table(file: Path, part: Path) -> str:
    """The quickest of some readings as Markdown: a row a stage, microseconds of one core's time a record."""
    readings = []
    for _ in range(_READINGS):
        stages = Stages()
        with stages.watching():
            records = read_block(file, part)
        readings.append(stages.seconds)
    best = min(readings, key=lambda seconds: sum(seconds.values()))
    whole = sum(best.values())
    size = file.stat().st_size
    lines = ["| Stage | µs a record | share |", "| --- | ---: | ---: |"]
    for stage in (*_WITHIN, REST):
        seconds = best[stage]
        lines.append(f"| {stage} | {seconds / records * 1e6:.2f} | {seconds / whole:.0%} |")
    lines.append(f"| **all** | **{whole / records * 1e6:.2f}** | |")
    lines.append("")
    lines.append(
        f"{records:,} records of {size / records:,.0f} bytes: {records / whole:,.0f} records and "
        f"{size / whole / 1e6:,.0f} MB in a second of one core; the part has {part.stat().st_size / records:.0f} bytes "
        "a record."
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile_block", description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", help="JSON or JSON Lines, not packed")
    parser.add_argument("--records", type=int, default=RECORDS, help=f"to make where there is no file ({RECORDS:,})")
    parser.add_argument("--top", type=int, default=30, help="how many functions cProfile shows (30)")
    chosen = parser.parse_args()
    memory.keep_freed()  # as a worker process does
    with tempfile.TemporaryDirectory() as folder:
        file = chosen.file or Path(folder) / "block.jsonl"
        if chosen.file is None:
            files.make_lines(file, chosen.records, seed=1)
        part = Path(folder) / "part.parquet"
        gc.disable()  # as the task of a block does
        read_block(file, part)  # what is done once only is not of interest
        print(stage_table(file, part), end="\n\n")
        with cProfile.Profile() as profile:
            read_block(file, part)
        pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(chosen.top)


if __name__ == "__main__":
    main()
