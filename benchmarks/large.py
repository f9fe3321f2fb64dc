"""Import into a table that is large already: ``python -m benchmarks.large OTHER FILE RECORDS BESIDE``.

FILE is imported beside BESIDE times the records of OTHER, as many as FILE has.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from benchmarks import processes
from benchmarks.copies import add_copies
from benchmarks.importing import carry, prepare
from benchmarks.processes import tell
from dojo import workers
from interactions.ingest.duplicates.index import FingerprintIndex
from interactions.warehouse.lake import Lake


def main(other: Path, file: Path, records: int, beside: int) -> None:
    prepare()
    scratch = Path(settings.DATA_DIR) / "copies"
    scratch.mkdir()
    with workers.present():
        carry(other, "production")
        originals = Lake("production").files()
        add_copies(originals, "production", range(1, beside), apart=timedelta(0), scratch=scratch)
        _index_fingerprints()
        timing = carry(file, "production")
        tell(f"  Dojo, {file.name}, beside {beside * records:,} other records: {timing.seconds:.2f} s")
        if timing.accepted != records:
            sys.exit(f"Beside other records {timing.accepted:,} of {records:,} were accepted.")
    processes.answer(asdict(timing))


def _index_fingerprints() -> None:
    """As the imports that the copies stand for would have left the index."""
    index = FingerprintIndex("production")
    index.refresh(*Lake("production").state())
    index.merge()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:5]))
