"""Import one file through a real Redis and real workers: ``python -m benchmarks.importing FILE RECORDS [--again]``.

The table is empty. Redis and workers are started before the clock and have done nothing yet. With ``--again``
the same file is imported a second time, when all of it is there already. With ``--beside PID`` the processor time of
another process is told, too. With ``--elsewhere`` another node received the file.
"""

from __future__ import annotations

import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from benchmarks.memory import WorkerMemory, cpu_of  # noqa: E402
from benchmarks.processes import LONGEST, answer  # noqa: E402
from dojo import workers  # noqa: E402
from interactions.ingest import imports, own_pieces  # noqa: E402
from interactions.ingest.imports import storage, tables  # noqa: E402
from interactions.models import Environment, Import  # noqa: E402

_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds by a clock on the wall, exact to the twentieth of a second at which the import's row is looked at.

    ``seconds`` from the look at the file, which is there, to the import's end, committed; ``loading`` from the press on
    "start loading"; ``phases`` how long each part of that took. ``command`` are the seconds that the command
    ``import_interactions`` reports: from that press to the end that the row says. ``cpu`` is the time of the workers
    and of this process, which looks at the file, user and system; ``beside`` that of another process. ``peaks`` are
    bytes, one a worker process, the largest first; ``own`` the same without files and libraries that are mapped.
    """

    records: int
    accepted: int
    duplicates: int
    seconds: float
    loading: float
    command: float
    phases: dict[str, float]
    cpu: float
    beside: float
    peaks: list[int]
    own: list[int]


def prepare() -> None:
    """Make the tables of a fresh data folder."""
    call_command("migrate", verbosity=0)


def carry(
    path: Path, environment: str, *, check_duplicates: bool = True, beside: int = 0, elsewhere: bool = False
) -> Timing:
    """Take a file through the import as the wizard does, and time it. Needs workers. ``beside`` is the id of another
    process that is at work meanwhile. If the file was received ``elsewhere``, this node has no copies of it.

    Ends the process with a sentence where the import does not end well.
    """
    memory = WorkerMemory()
    imp = imports.begin(
        Environment.objects.get(slug=environment),
        file_name=path.name,
        size=path.stat().st_size,
        user=None,
        source=Import.Source.COMMAND,
    )
    _upload(imp, path)
    if elsewhere:
        own_pieces.forget(imp.upload)
    began, busy, others = time.perf_counter(), _cpu(memory), cpu_of(beside)
    imports.received(imp)
    mapping = _suggested(imp) if path.suffix == ".csv" else ""
    pressed = time.perf_counter()
    imports.start(imp, check_duplicates=check_duplicates, mapping=mapping)
    phases = _watch(imp, memory, pressed)
    ended, busy, others = time.perf_counter(), _cpu(memory) - busy, cpu_of(beside) - others
    memory.look()
    if imp.state != Import.State.DONE:
        sys.exit(f"The import of {path.name} is {imp.get_state_display()}. {imp.error}")
    return Timing(
        records=imp.records,
        accepted=imp.accepted,
        duplicates=imp.duplicates,
        seconds=ended - began,
        loading=ended - pressed,
        command=imports.progress(imp).seconds,
        phases=phases,
        cpu=busy,
        beside=others,
        peaks=sorted(memory.peaks.values(), reverse=True),
        own=sorted(memory.own.values(), reverse=True),
    )


def _upload(imp: Import, path: Path) -> None:
    """As a browser's upload leaves it: a file, or an object for each of its requests."""
    if not settings.UPLOADS_URL:
        storage.take_in(imp, path)
        return
    storage.whole_upload(imp)
    imp.upload.offset = 0
    imp.upload.save()
    with storage.hold(imp.upload) as content, path.open("rb") as file:
        while piece := file.read(settings.UPLOAD_CHUNK_BYTES):
            content.append(piece)
        content.settle()
        with content.own():
            imp.upload.offset = imp.size
            imp.upload.save()


def _cpu(memory: WorkerMemory) -> float:
    return memory.cpu() + time.process_time()


def _suggested(imp: Import) -> str:
    """The mapping that the wizard begins with."""
    return tables.json_of(tables.in_zone(tables.table.suggested(tables.sample(imp)), "UTC"))


def _watch(imp: Import, memory: WorkerMemory, pressed: float) -> dict[str, float]:
    """Wait for the end; answers the seconds that each phase took."""
    phases: dict[str, float] = {}
    phase, since = Import.Phase.PLANNING, pressed
    while imp.state == Import.State.LOADING:
        time.sleep(_POLL_SECONDS)
        memory.look()
        imp.refresh_from_db()
        now = time.perf_counter()
        if now - pressed > LONGEST:
            sys.exit(f'The import of {imp.file_name} was given up: it still is at "{imp.get_phase_display()}".')
        if imp.has_ended or imp.phase not in (phase, Import.Phase.WAITING):
            phases[str(phase)] = now - since
            phase, since = Import.Phase(imp.phase), now
    return phases


def main(file: Path, records: int, *, again: bool, beside: int, elsewhere: bool) -> None:
    prepare()
    with workers.present():
        first = carry(file, "production", beside=beside, elsewhere=elsewhere)
        second = carry(file, "production") if again else None
    if first.accepted != records:
        sys.exit(f"Of {records:,} different records {first.accepted:,} were accepted, {first.duplicates:,} left out.")
    if second and second.duplicates != records:
        sys.exit(f"Imported again, {second.accepted:,} of {records:,} records were added a second time.")
    answer({"first": asdict(first), "again": asdict(second) if second else None})


if __name__ == "__main__":
    options = sys.argv[3:]
    other = int(options[options.index("--beside") + 1]) if "--beside" in options else 0
    settled = {name: f"--{name}" in options for name in ("again", "elsewhere")}
    main(Path(sys.argv[1]), int(sys.argv[2]), beside=other, **settled)
