"""Read a topic of Kafka into the table by the whole product: ``python -m benchmarks.topic FILE RECORDS``.

The broker is librdkafka's own, in this process and on the same cores. All messages are there before the clock begins.
"""

from __future__ import annotations

import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any, Final

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from benchmarks import processes, serving, stored  # noqa: E402
from benchmarks.processes import tell  # noqa: E402
from interactions.ingest.streams import change  # noqa: E402
from interactions.ingest.streams.change import Description  # noqa: E402
from interactions.models import Connection, Environment  # noqa: E402
from tests.ingest.streams.brokers import Cluster  # noqa: E402

ENVIRONMENT: Final = "production"
_TOPIC: Final = "interactions"
_PARTITION_BYTES: Final = 3 << 20  # of five megabytes, beyond which this broker forgets the oldest
_LOOK_SECONDS: Final = 0.05
_LONGEST_SECONDS: Final = 600.0


def filled(cluster: Cluster, file: Path, records: int) -> int:
    """Put the first lines of a file into a topic, a message each; answers how many partitions it has."""
    partitions = max(4, file.stat().st_size // _PARTITION_BYTES)
    cluster.create(_TOPIC, partitions)
    with file.open("rb") as lines:
        cluster.send(_TOPIC, (line.rstrip(b"\n") for line in islice(lines, records)), partitions)
    return partitions


def read(connection: Connection, records: int) -> dict[str, Any]:
    """Have the stream read, until all records are in the table; seconds from the first on."""
    Connection.objects.filter(pk=connection.pk).update(is_paused=False)
    given_up = time.monotonic() + _LONGEST_SECONDS
    first: tuple[float, int] | None = None
    while (rows := stored.rows(ENVIRONMENT)) < records:
        if rows and first is None:
            first = time.monotonic(), rows
        if time.monotonic() > given_up:
            sys.exit(f"After {_LONGEST_SECONDS:.0f} seconds {rows:,} of {records:,} messages are in the table.")
        time.sleep(_LOOK_SECONDS)
    began, before = first or (given_up - _LONGEST_SECONDS, 0)
    return {"records": records - before, "seconds": time.monotonic() - began}


def main(file: Path, records: int) -> None:
    call_command("migrate", verbosity=0)
    cluster = Cluster()
    partitions = filled(cluster, file, records)
    here = Environment.objects.get(slug=ENVIRONMENT)
    connection = change.create(here, Description("kafka", (_TOPIC,), servers=cluster.servers))
    Connection.objects.filter(pk=connection.pk).update(is_paused=True)
    with serving.dojo():
        found = read(connection, records)
    rows, different = stored.counted(ENVIRONMENT)
    if (rows, different) != (records, records):
        sys.exit(f"Of {records:,} messages the table has {different:,}, in {rows:,} rows.")
    tell(f"  a topic: {found['records'] / found['seconds']:,.0f} records/s")
    processes.answer({**found, "partitions": partitions})
    cluster.end()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
