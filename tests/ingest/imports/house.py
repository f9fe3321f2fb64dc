"""An import house without processes: what would be handed to workers is kept, and done when a test says so."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.conf import settings
from django.db import connection
from django.utils import timezone

from interactions import tasks
from interactions.ingest import imports
from interactions.ingest.imports import storage
from interactions.models import Block, Environment, Import, Problem
from interactions.warehouse.lake import Lake

Row = dict[str, Any]
Task = tuple[str, int]


class House:
    """The use cases as a test calls them, and the queue of what they asked of the workers."""

    def __init__(self) -> None:
        self.queue: list[Task] = []

    def send_task(self, name: str, args: list[int], **options: Any) -> None:
        """In place of the broker's."""
        self.queue.append((name.removeprefix("interactions.tasks."), args[0]))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """What is to be done on commit is done at the end, and once: the test's own transaction never commits."""
        before = len(connection.run_on_commit)
        try:
            yield
        finally:
            while len(connection.run_on_commit) > before:
                connection.run_on_commit.pop(before)[1]()

    def given(self, content: bytes, *, name: str = "week.json", environment: str = "production") -> Import:
        """An import whose whole file has arrived and was looked at."""
        imp = imports.begin(Environment.objects.get(slug=environment), file_name=name, size=len(content), user=None)
        with self.at_work():
            storage.whole_upload(imp)
            with storage.filled(imp) as path:
                path.write_bytes(content)
            imports.received(imp)
        return imp

    def started(self, content: bytes, *, check: bool = True, **given: Any) -> Import:
        imp = self.given(content, **given)
        assert imp.state == Import.State.CHECKING, imp.error
        with self.at_work():
            imports.start(imp, check_duplicates=check)
        return imp

    def planned(self, content: bytes, **started: Any) -> Import:
        """An import that is cut into blocks, all of which are waiting in the queue."""
        imp = self.started(content, **started)
        self.carry("plan_import")
        imp.refresh_from_db()
        return imp

    def read(self, content: bytes, **started: Any) -> Import:
        """An import whose blocks are all read and which waits to be committed."""
        imp = self.planned(content, **started)
        while any(name != "finish_import" for name, _ in self.queue):
            self.carry("plan_import", "load_block")
        imp.refresh_from_db()
        return imp

    def done(self, content: bytes, **started: Any) -> Import:
        """An import that was carried to its end, whatever that was."""
        imp = self.started(content, **started)
        return self.carried(imp)

    def carried(self, imp: Import) -> Import:
        self.carry()
        imp.refresh_from_db()
        return imp

    def carry(self, *names: str) -> None:
        """Do what is in the queue, and what comes into it by that; only tasks of these ``names`` where there are any.

        Tasks of other names stay.
        """
        while wanted := [task for task in self.queue if not names or task[0] in names]:
            self.do(wanted[0])

    def do(self, task: Task) -> None:
        """Do one task, which need not be in the queue."""
        if task in self.queue:
            self.queue.remove(task)
        name, pk = task
        with self.at_work():
            getattr(tasks, name)(pk)

    def ask(self, use_case: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """Call a use case, with the callbacks of its transaction."""
        with self.at_work():
            return use_case(*arguments, **more)

    def sweep(self) -> list[Task]:
        """What the sweep puts into the queue."""
        before = len(self.queue)
        with self.at_work():
            tasks.sweep_imports()
        return self.queue[before:]


def rows(environment: str = "production") -> list[Row]:
    """All that is in the data set, in an order that tells two data sets apart."""
    found: list[Row] = []
    for path in Lake(environment).files():
        found += pq.ParquetFile(path).read().to_pylist()
    return sorted(found, key=lambda row: (row["user_id"] or "", row["timestamp"], row["fingerprint"], row["import_id"]))


def users(environment: str = "production") -> list[str]:
    return [row["user_id"] for row in rows(environment)]


def files() -> list[Path]:
    """Every file under the folders of imports and uploads, and every folder of an import."""
    found = [*Path(settings.IMPORTS_DIR).rglob("*"), *Path(settings.UPLOADS_DIR).rglob("*")]
    return sorted(found)


def strays(environment: str = "production") -> list[Path]:
    """Parquet files in the table's folder that the table does not name."""
    lake = Lake(environment)
    named = set(lake.files())
    return [
        path for path in lake.folder.rglob("*.parquet") if "_delta_log" not in path.parts and str(path) not in named
    ]


def is_gone(imp: Import) -> bool:
    """Whether nothing is left of it but its row."""
    return not (
        files()
        or strays(imp.environment.slug)
        or Block.objects.filter(of=imp).exists()
        or Problem.objects.filter(block__of=imp).exists()
        or any(row["import_id"] == imp.pk for row in rows(imp.environment.slug))
    )


def adds_up(imp: Import) -> bool:
    """Whether the counts of an import that is done are those of its records and of the table."""
    there = sum(row["import_id"] == imp.pk for row in rows(imp.environment.slug))
    return imp.accepted == there and imp.accepted + imp.rejected + imp.duplicates == imp.records


def rejected(imp: Import) -> list[Any]:
    """The lines of the file of refused records."""
    path = imports.rejected_path(imp)
    if path is None:
        return []
    with path.open("rb") as packed, gzip.open(packed) as lines:
        return [json.loads(line) for line in lines]


def silent(row: Import | Block) -> None:
    """Let a row look as if its task had been gone for long."""
    long_ago = timezone.now() - timedelta(seconds=10 * settings.IMPORT_STALE_SECONDS)
    type(row).objects.filter(pk=row.pk).update(heartbeat_at=long_ago)
    row.refresh_from_db()
