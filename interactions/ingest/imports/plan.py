"""The first task of an import: unpack the file if needed, and cut it into blocks."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dojo.cores import cores
from interactions import synthetic, unpack
from interactions.codec import source
from interactions.codec.split import plan as cutting
from interactions.connectors import SOURCES
from interactions.disk import PAUSED, is_full
from interactions.errors import DiskFull, DojoError, FileRefused
from interactions.ingest.imports import lifecycle, storage, table_text
from interactions.ingest.imports.form import open_text
from interactions.ingest.imports.heartbeat import beating
from interactions.ingest.imports.queue import enqueue
from interactions.models import Block, Import

logger = logging.getLogger(__name__)

_CHUNK = 4 << 20
_LOOK_SECONDS = 1.0  # between checks whether the import was cancelled
_SMALLEST_BLOCK = 4 << 20
_RATIO_FROM = 64 << 20  # unpacked bytes from which a file can count as a zip bomb


class Stopped(Exception):
    """The import was cancelled or taken by another task: this one stops."""


def plan(imp: Import) -> None:
    """Cut the file into blocks and queue each. A repeated task finds the blocks and does nothing."""
    if not _claim(imp):
        return
    try:
        with beating(Import.objects.filter(pk=imp.pk)):
            _cut(imp)
    except Stopped:
        leave(imp)
    except FileNotFoundError:
        _give_up(imp, "The file is no longer here. Import it again.", for_good=True)
    except FileRefused as refusal:
        if _give_up(imp, str(refusal), for_good=True):
            storage.remove_all(imp)
    except Exception as error:  # any error has to end the import with a sentence
        if is_full(error):
            if not lifecycle.pause(imp, phase=Import.Phase.PLANNING):
                leave(imp)
        elif isinstance(error, DojoError):
            _give_up(imp, str(error))
        else:
            reference = uuid.uuid4().hex[:8]
            logger.exception("Import %s could not be planned [%s]", imp.pk, reference)
            _give_up(imp, f"Something went wrong (reference {reference}). Press Retry.")


def leave(imp: Import) -> None:
    """A task found its import stopped: if it has ended, remove what the task has written meanwhile."""
    imp.refresh_from_db()
    logger.info("A task of import %s stopped: it is %s", imp.pk, imp.state)
    storage.tidy(imp)


def _give_up(imp: Import, sentence: str, *, for_good: bool = False) -> bool:
    """Fail the import unless another task has taken it; returns whether it failed."""
    failed = lifecycle.fail(imp, sentence, phase=Import.Phase.PLANNING, for_good=for_good)
    if not failed:
        leave(imp)
    return failed


def _cut(imp: Import) -> None:
    if imp.source == Import.Source.SAMPLE and not _has_upload(imp):
        _write_sample(imp)
    apart = table_text.write(imp, _Look(imp).again) if imp.mapping else None
    text = storage.text_path(imp) if imp.mapping else _unpack(imp)
    with text.open("rb") as file:
        shape = source.shape_of(file, of_any=bool(imp.connector))
        length = storage.size_of(text)
        bounds = list(cutting.blocks(file, shape, length, is_record=_is_event_of(imp), **_block_sizes(length)))
    _save(imp, shape, length, bounds, apart)


def _is_event_of(imp: Import) -> Callable[[dict[str, Any]], bool] | None:
    source = SOURCES.get(imp.connector)
    return None if source is None else lambda found: source.recognise([found]) == 1


def _claim(imp: Import) -> bool:
    waiting = Import.objects.filter(
        pk=imp.pk, state=Import.State.LOADING, phase__in=[Import.Phase.WAITING, Import.Phase.PLANNING]
    )
    claimed = waiting.update(phase=Import.Phase.PLANNING, heartbeat_at=timezone.now())
    imp.refresh_from_db()
    return bool(claimed)


def _block_sizes(length: int) -> dict[str, int]:
    """Small enough to keep all cores busy to the end, large enough for good row groups."""
    hands = cores()
    size = min(settings.IMPORT_BLOCK_BYTES, max(_SMALLEST_BLOCK, length // (4 * hands)))
    return {"size": size, "smallest": min(size, _SMALLEST_BLOCK), "share": hands + 1}


def _save(
    imp: Import, shape: source.Shape, length: int, bounds: list[tuple[int, int]], apart: table_text.Apart | None
) -> None:
    with transaction.atomic():
        planned = Import.objects.filter(pk=imp.pk, state=Import.State.LOADING, phase=Import.Phase.PLANNING).update(
            phase=Import.Phase.BLOCKS,
            format=imp.format if imp.mapping else shape.format,
            error="",
            bytes_total=length,
            heartbeat_at=timezone.now(),
        )
        if not planned:
            raise Stopped
        if apart is not None:
            apart.note(table_text.block_apart(imp))
        first = int(apart is not None)
        blocks = Block.objects.bulk_create(
            [Block(of=imp, number=number, start=start, end=end) for number, (start, end) in enumerate(bounds, first)]
        )
        enqueue("load_block", *(block.pk for block in blocks))


def _unpack(imp: Import) -> storage.Place:
    """The text of the import. A packed file is unpacked next to it, within the limits of disk space and ratio."""
    with _opened(imp) as unpacked:
        if imp.compression != unpacked.layers:
            Import.objects.filter(pk=imp.pk).update(compression=unpacked.layers)
            imp.compression = unpacked.layers
        if unpacked.layers:
            _require_more_than_before(imp)
            _write(imp, unpacked)
    return storage.text_path(imp)


def _opened(imp: Import) -> unpack.UnpackedText:
    ratio = settings.IMPORT_UNPACK_RATIO
    return open_text(
        storage.upload_path(imp),
        most=max(_RATIO_FROM, imp.size * ratio),
        sentence=f"The file unpacks to more than {ratio} times its size, which no data set does.",
        look=_Look(imp).again,
    )


class _Look:
    """Checks every second whether the import is still being planned."""

    def __init__(self, imp: Import) -> None:
        self._imp, self._looked = imp, time.monotonic()

    def again(self) -> None:
        if time.monotonic() - self._looked > _LOOK_SECONDS:
            _require_planning(self._imp)
            self._looked = time.monotonic()


def _require_more_than_before(imp: Import) -> None:
    """If the disk was too small for the text, don't fill it again up to the same point. Raises DiskFull."""
    if imp.error == PAUSED and storage.free_bytes() <= imp.bytes_total + _CHUNK:
        raise DiskFull(PAUSED)


def _write(imp: Import, unpacked: unpack.UnpackedText) -> None:
    written = 0
    try:
        with storage.written(storage.written_text_path(imp)) as file:
            while chunk := unpacked.read(_CHUNK):
                _require_room(len(chunk))
                written += file.write(chunk)
            _require_planning(imp)
            Import.objects.filter(pk=imp.pk).update(left_out=unpacked.left_out)
    except FileRefused as refusal:
        raise FileRefused(f"{refusal} Nothing was loaded from it.") from refusal
    except (DiskFull, OSError) as error:
        if is_full(error):
            Import.objects.filter(pk=imp.pk).update(bytes_total=written)
        raise


def _require_room(more: int) -> None:
    if storage.free_bytes() < more:
        raise DiskFull(PAUSED)


def _require_planning(imp: Import) -> None:
    """Raises Stopped if the import was cancelled or planned by another task."""
    if not Import.objects.filter(pk=imp.pk, state=Import.State.LOADING, phase=Import.Phase.PLANNING).exists():
        raise Stopped


def _has_upload(imp: Import) -> bool:
    return hasattr(imp, "upload") and storage.upload_path(imp).exists()


def _write_sample(imp: Import) -> None:
    """The last 90 days up to midnight, so loading it twice on one day adds nothing."""
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if not hasattr(imp, "upload"):
        storage.whole_upload(imp)
    with storage.filled(imp) as target:
        made = storage.folder(imp) / f"sample.{uuid.uuid4().hex}.jsonl"  # the extension decides the format
        synthetic.write(made, lifecycle.SAMPLE_RECORDS, start=end - timedelta(days=90), end=end)
        size = made.stat().st_size
        made.replace(target)
    Import.objects.filter(pk=imp.pk).update(size=size)
    imp.size = size
