"""The files that are read: one clickstream in the forms that a file may have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from isal import igzip

from interactions import synthetic

# Always the same period, so that every run makes the same file.
_END = datetime(2026, 1, 1, tzinfo=UTC)
_DAYS = 90
_CHUNK = 8 << 20


def make_lines(path: Path, records: int, *, seed: int) -> None:
    """Write JSON Lines."""
    synthetic.write(path, records, seed=seed, start=_END - timedelta(days=_DAYS), end=_END)


def make_object(lines: Path, path: Path) -> None:
    """Write the records of ``lines`` as ``{"data":[…]}``, as they stand, with a comma and a line break between them."""
    with lines.open("rb") as source, path.open("wb") as target:
        target.write(b'{"data":[\n')
        before = b""
        for line in source:
            target.write(before)
            target.write(line.rstrip(b"\n"))
            before = b",\n"
        target.write(b"\n]}\n")


def make_packed(plain: Path, path: Path) -> None:
    """Write ``plain`` packed with gzip."""
    with plain.open("rb") as source, igzip.open(path, "wb", compresslevel=2) as target:
        while chunk := source.read(_CHUNK):
            target.write(chunk)


def make_sample(lines: Path, path: Path, records: int) -> None:
    """Write the first ``records`` lines."""
    with lines.open("rb") as source, path.open("wb") as target:
        target.writelines(islice(source, records))


def warm(path: Path) -> None:
    """Read a file once, so that the system's page cache holds it for whoever reads it next."""
    with path.open("rb") as source:
        while source.read(_CHUNK):
            pass
