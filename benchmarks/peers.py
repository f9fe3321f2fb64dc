"""What others need for the same file: ``python -m benchmarks.peers PEER FILE FOLDER CORES``, a process a measurement.

Neither checks a record or looks for duplicates. The clock runs while a peer works, not while it is loaded.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.processes import answer

_CHUNK_RECORDS = 10_000


def duckdb(file: Path, folder: Path, cores: int) -> dict[str, Any]:
    """DuckDB's own reader, its form of the columns guessed from the file, to one Parquet file."""
    import duckdb as peer

    parquet = folder / "peer.parquet"
    with peer.connect(config={"threads": cores}) as connection:
        began = time.perf_counter()
        connection.execute(
            f"COPY (SELECT * FROM read_json('{file}')) TO '{parquet}' (FORMAT parquet, COMPRESSION zstd)"
        )
        seconds = time.perf_counter() - began
        rows = connection.execute(f"SELECT count(*) FROM '{parquet}'").fetchall()[0][0]
    return {"version": peer.__version__, "seconds": seconds, "records": rows}


def pandas(file: Path, folder: Path, cores: int) -> dict[str, Any]:
    """pandas' reader in chunks, each to a Parquet file; it works on one core whatever ``cores`` says."""
    import pandas as peer
    import pyarrow.parquet  # noqa: F401 - loaded before the clock

    rows = 0
    began = time.perf_counter()
    with peer.read_json(file, lines=True, chunksize=_CHUNK_RECORDS) as chunks:
        for number, chunk in enumerate(chunks):
            if "quantities" in chunk:  # a number or a list of them, which Parquet cannot hold in one column
                chunk["quantities"] = [
                    value if isinstance(value, list) or peer.isna(value) else [value] for value in chunk["quantities"]
                ]
            chunk.to_parquet(folder / f"{number}.parquet", compression="zstd")
            rows += len(chunk)
    return {"version": peer.__version__, "seconds": time.perf_counter() - began, "records": rows}


PEERS: dict[str, Callable[[Path, Path, int], dict[str, Any]]] = {"duckdb": duckdb, "pandas": pandas}


if __name__ == "__main__":
    name, file_name, folder_name, cores_given = sys.argv[1:]
    answer(PEERS[name](Path(file_name), Path(folder_name), int(cores_given)))
